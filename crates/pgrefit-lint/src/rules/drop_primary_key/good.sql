CREATE UNIQUE INDEX CONCURRENTLY orders_new_pkey ON orders (id);
ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_new_pkey;
