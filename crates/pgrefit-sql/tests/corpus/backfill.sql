-- pgrefit:backfill batch=5000 target=200ms pause=50ms max-lag=10s
UPDATE shop.orders AS o SET total = (SELECT sum(price) FROM items i WHERE i.order_id = o.id) WHERE total IS NULL;
-- pgrefit:backfill
DELETE FROM logs WHERE at < now() - interval '1 year';
-- pgrefit:changes a, b.c
-- pgrefit:phase contract
INSERT INTO archive SELECT * FROM logs ON CONFLICT (id) DO UPDATE SET at = excluded.at;
