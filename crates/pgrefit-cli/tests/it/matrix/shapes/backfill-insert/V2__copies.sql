-- pgrefit:backfill batch=100 target=50s
INSERT INTO copies (reading, n) SELECT r.id, r.n FROM readings AS r WHERE r.n % 2 = 1;
