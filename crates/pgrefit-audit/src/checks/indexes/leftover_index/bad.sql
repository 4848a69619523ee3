-- finds public.orders_email_ccnew
-- finds public.orders_number_ccold1
-- finds public.lines_number_ccnew
CREATE TABLE orders (id bigint PRIMARY KEY, email text, number int);
CREATE INDEX orders_email ON orders (lower(email)) WHERE number IS NOT NULL;
CREATE INDEX orders_email_ccnew ON orders (lower(email)) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE UNIQUE INDEX orders_number_ccold1 ON orders (number);
-- What a REINDEX CONCURRENTLY that failed leaves.
UPDATE pg_index SET indisvalid = false
    WHERE indexrelid IN ('orders_email_ccnew'::regclass, 'orders_number_ccold1'::regclass);
-- The index that was to be built anew was invalid before.
CREATE TABLE lines (number int);
CREATE UNIQUE INDEX lines_number ON lines (number);
CREATE UNIQUE INDEX lines_number_ccnew ON lines (number);
UPDATE pg_index SET indisvalid = false WHERE indrelid = 'lines'::regclass;
