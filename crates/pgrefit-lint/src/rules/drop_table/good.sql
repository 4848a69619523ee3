ALTER TABLE orders ADD COLUMN retired boolean;
