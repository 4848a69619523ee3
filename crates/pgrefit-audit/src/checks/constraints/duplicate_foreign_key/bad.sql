-- finds public.lines.again
-- finds public.lines.other_order
CREATE TABLE orders (year int, id bigint, PRIMARY KEY (year, id));
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    year int,
    order_id bigint,
    CONSTRAINT first FOREIGN KEY (year, order_id) REFERENCES orders (year, id)
);
ALTER TABLE lines ADD CONSTRAINT again FOREIGN KEY (year, order_id) REFERENCES orders (year, id);
ALTER TABLE lines ADD CONSTRAINT other_order FOREIGN KEY (order_id, year) REFERENCES orders (id, year) ON DELETE CASCADE;
