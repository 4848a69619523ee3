--pgrefit:statement-timeout 5 min
-- pgrefit:nonsense 5
-- pgrefit:lock-timeout 99999999999999999999999h
/* pgrefit:phase */ SELECT '-- pgrefit:phase expand'; -- pgrefit:backfill batch=0
UPDATE t -- pgrefit:backfill
SET a = 1;
