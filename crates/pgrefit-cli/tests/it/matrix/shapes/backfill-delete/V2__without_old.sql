-- pgrefit:backfill batch=100 target=50s
DELETE FROM events AS e WHERE e.note = 'old';
