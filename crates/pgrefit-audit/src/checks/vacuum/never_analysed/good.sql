CREATE TABLE orders (id bigint PRIMARY KEY, state text NOT NULL) WITH (autovacuum_enabled = off);
INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 5000) n;
ANALYZE orders;
-- A few rows are planned well without statistics.
CREATE TABLE states (state text PRIMARY KEY) WITH (autovacuum_enabled = off);
INSERT INTO states VALUES ('open'), ('closed');
SELECT pg_stat_force_next_flush();
