ALTER TABLE orders ADD COLUMN share percent;
