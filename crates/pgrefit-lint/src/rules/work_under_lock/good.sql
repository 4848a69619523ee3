ALTER TABLE orders ADD COLUMN region text;
-- pgrefit:backfill
UPDATE orders SET region = 'eu';
