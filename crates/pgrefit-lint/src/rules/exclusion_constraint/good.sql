CREATE TABLE orders_new (LIKE orders INCLUDING ALL);
ALTER TABLE orders_new ADD CONSTRAINT one_at_a_time EXCLUDE USING btree (id WITH =);
