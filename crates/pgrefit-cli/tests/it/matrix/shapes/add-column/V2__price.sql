ALTER TABLE items ADD COLUMN price numeric(9, 2);
UPDATE items SET price = n * 1.5, n = n + 1;
ALTER TABLE items ALTER COLUMN price SET NOT NULL;
