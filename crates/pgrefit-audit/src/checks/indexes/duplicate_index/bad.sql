-- finds public.customers_id
-- finds public.customers_id_key
-- finds public.customers_name_too
-- finds public.customers_mail_too
-- finds public."Orders_at_too"
-- finds public.lines_order_too
CREATE TABLE customers (id bigint PRIMARY KEY, name text, mail text);
-- Its primary key has the same.
CREATE INDEX customers_id ON customers (id);
ALTER TABLE customers ADD CONSTRAINT customers_id_key UNIQUE (id);
CREATE INDEX customers_name ON customers (name, mail);
CREATE INDEX customers_name_too ON customers (name, mail);
CREATE INDEX customers_mail ON customers (lower(mail)) WHERE name IS NOT NULL;
CREATE INDEX customers_mail_too ON customers (lower(mail)) WHERE name IS NOT NULL;
CREATE TABLE orders (at date NOT NULL, number int) PARTITION BY RANGE (at);
CREATE TABLE orders_2024 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
-- Told once, not for each partition.
CREATE INDEX orders_at ON orders (at);
CREATE INDEX "Orders_at_too" ON orders (at);
CREATE TABLE lines (order_id int, number int, tags text[]);
CREATE INDEX lines_order ON lines (order_id) INCLUDE (number);
CREATE INDEX lines_order_too ON lines (order_id) INCLUDE (number);
