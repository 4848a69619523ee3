DROP VIEW totals;
ALTER TABLE orders ALTER COLUMN amount TYPE numeric(12,2);
CREATE VIEW totals AS SELECT sum(amount) AS total FROM orders;
