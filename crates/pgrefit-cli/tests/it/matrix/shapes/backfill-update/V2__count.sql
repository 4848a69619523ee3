-- pgrefit:backfill batch=100 target=50s
UPDATE readings SET n = n + 1;
