ALTER TABLE orders ADD COLUMN code text NOT NULL DEFAULT 'none';
CREATE UNIQUE INDEX CONCURRENTLY orders_code ON orders (code);
