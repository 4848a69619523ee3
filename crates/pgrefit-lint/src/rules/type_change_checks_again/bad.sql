ALTER TABLE prices ALTER COLUMN price TYPE numeric(12,2);
