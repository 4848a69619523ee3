CREATE UNIQUE INDEX CONCURRENTLY orders_key ON orders (id, note);
ALTER TABLE orders ADD CONSTRAINT orders_key UNIQUE USING INDEX orders_key;
