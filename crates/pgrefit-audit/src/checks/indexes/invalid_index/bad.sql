-- finds public.orders_email
-- finds public.orders_number
CREATE TABLE orders (id bigint PRIMARY KEY, email text, number int);
CREATE INDEX orders_email ON orders (email);
CREATE UNIQUE INDEX orders_number ON orders (number);
-- What a CREATE INDEX CONCURRENTLY that failed leaves.
UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('orders_email'::regclass, 'orders_number'::regclass);
