CREATE TABLE orders (id bigint PRIMARY KEY, email text, number int);
CREATE INDEX orders_email ON orders (lower(email)) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX orders_number ON orders (number);
-- Valid, whatever its name.
CREATE INDEX orders_id_ccnew ON orders (id, number);
-- Nothing else serves in its place.
CREATE INDEX orders_both_ccnew ON orders (number, id);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_both_ccnew'::regclass;
