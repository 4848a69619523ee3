-- pgrefit:backfill batch=100
UPDATE readings SET n = n + 1;
