CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    order_id bigint,
    invoice_id bigint
);
CREATE SCHEMA shop;
-- A key of two columns that begins with it refers as well.
CREATE TABLE tenants (customer_id bigint, id bigint, PRIMARY KEY (customer_id, id), FOREIGN KEY (customer_id) REFERENCES customers);
-- It may refer to several tables.
CREATE TABLE comments (id bigint PRIMARY KEY, order_type text NOT NULL, order_id bigint NOT NULL);
-- The number of somebody else: another type.
CREATE TABLE payments (id bigint PRIMARY KEY, order_id uuid);
-- It keeps what is gone.
CREATE TABLE orders_history (id bigint PRIMARY KEY, order_id bigint NOT NULL);
