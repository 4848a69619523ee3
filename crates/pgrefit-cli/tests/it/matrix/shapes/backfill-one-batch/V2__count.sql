-- pgrefit:backfill target=50s
UPDATE readings SET n = n + 1;
