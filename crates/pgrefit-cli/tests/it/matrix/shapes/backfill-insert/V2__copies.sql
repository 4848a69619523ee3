-- pgrefit:backfill batch=100
INSERT INTO copies (reading, n) SELECT r.id, r.n FROM readings AS r WHERE r.n % 2 = 1;
