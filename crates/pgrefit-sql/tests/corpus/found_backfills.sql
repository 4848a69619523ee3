UPDATE t SET a = 1;
-- pgrefit:backfill
-- pgrefit:backfill
SELECT 1;
DELETE FROM t -- pgrefit:backfill
WHERE a;