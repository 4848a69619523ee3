ALTER TABLE orders ADD COLUMN code text;
CREATE UNIQUE INDEX CONCURRENTLY orders_code ON orders (code);
