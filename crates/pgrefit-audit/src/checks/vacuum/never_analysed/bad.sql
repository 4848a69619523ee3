-- finds public.orders
-- So that autovacuum does not come first.
CREATE TABLE orders (id bigint PRIMARY KEY, state text NOT NULL) WITH (autovacuum_enabled = off);
INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 5000) n;
SELECT pg_stat_force_next_flush();
