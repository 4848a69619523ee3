DROP VIEW totals;
-- pgrefit:allow type-change-breaks-prepared the pool prepares again
ALTER TABLE orders ALTER COLUMN amount TYPE numeric(12,2);
CREATE VIEW totals AS SELECT sum(amount) AS total FROM orders;
