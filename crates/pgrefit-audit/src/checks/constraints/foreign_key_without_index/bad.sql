-- finds public.orders.orders_customer_id_fkey
-- finds public.lines.lines_order_fkey
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    year int NOT NULL,
    customer_id bigint REFERENCES customers,
    shipped boolean NOT NULL,
    UNIQUE (year, id)
);
-- Serves only the rows that are not shipped.
CREATE INDEX orders_open ON orders (customer_id) WHERE NOT shipped;
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    year int,
    order_id bigint,
    CONSTRAINT lines_order_fkey FOREIGN KEY (year, order_id) REFERENCES orders (year, id)
);
-- The second column is not part of its order.
CREATE INDEX lines_year ON lines (year) INCLUDE (order_id);
