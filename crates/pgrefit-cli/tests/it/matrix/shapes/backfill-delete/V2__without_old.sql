-- pgrefit:backfill batch=100
DELETE FROM events AS e WHERE e.note = 'old';
