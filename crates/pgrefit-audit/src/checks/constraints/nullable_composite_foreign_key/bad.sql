-- finds public.lines.lines_order
-- finds public.notes.notes_order
CREATE TABLE orders (year int, id bigint, PRIMARY KEY (year, id));
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    year int CHECK (year > 2000),
    "orderId" bigint,
    CONSTRAINT lines_order FOREIGN KEY (year, "orderId") REFERENCES orders (year, id)
);
-- That one is null is what it says.
CREATE TABLE notes (
    id bigint PRIMARY KEY,
    year int CHECK (year IS NULL),
    order_id bigint CHECK (order_id > 0),
    CONSTRAINT notes_order FOREIGN KEY (year, order_id) REFERENCES orders (year, id)
);
