-- pgrefit:backfill
UPDATE readings SET n = n + 1;
