ALTER TABLE orders ADD COLUMN region text, ADD COLUMN channel text;
