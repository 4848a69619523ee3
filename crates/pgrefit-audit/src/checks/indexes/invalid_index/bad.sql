-- finds public.orders_email
-- finds public.orders_number
-- finds public.orders_email_too
-- finds public.lines_number
CREATE TABLE orders (id bigint PRIMARY KEY, email text, number int);
CREATE INDEX orders_email ON orders (email);
CREATE UNIQUE INDEX orders_number ON orders (number);
-- What a CREATE INDEX CONCURRENTLY that failed leaves.
UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('orders_email'::regclass, 'orders_number'::regclass);
-- It has a valid twin.
CREATE INDEX orders_email_too ON orders (email, id);
CREATE INDEX orders_email_valid ON orders (email, id);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_email_too'::regclass;
-- What a REINDEX of it leaves that failed, too, is said by another check.
CREATE TABLE lines (number int);
CREATE UNIQUE INDEX lines_number ON lines (number);
CREATE UNIQUE INDEX lines_number_ccnew ON lines (number);
UPDATE pg_index SET indisvalid = false WHERE indrelid = 'lines'::regclass;
