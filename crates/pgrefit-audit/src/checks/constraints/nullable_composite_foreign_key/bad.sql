-- finds public.lines.lines_order
CREATE TABLE orders (year int, id bigint, PRIMARY KEY (year, id));
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    year int CHECK (year > 2000),
    "orderId" bigint,
    CONSTRAINT lines_order FOREIGN KEY (year, "orderId") REFERENCES orders (year, id)
);
