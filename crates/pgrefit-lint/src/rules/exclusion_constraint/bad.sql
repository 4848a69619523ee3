ALTER TABLE orders ADD CONSTRAINT one_at_a_time EXCLUDE USING btree (id WITH =);
