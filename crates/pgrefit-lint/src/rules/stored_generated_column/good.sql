ALTER TABLE orders ADD COLUMN cents bigint;
