-- finds public.orders.shipped
-- As if the rows had been there for long: statistics are not stale.
SET track_counts = off;
CREATE TABLE orders (id bigint PRIMARY KEY, shipped int NOT NULL);
INSERT INTO orders SELECT i, i % 2 FROM generate_series(1, 2000) AS i;
ANALYZE orders;
