-- finds public.orders
-- finds public.lines
-- So that autovacuum does not come first.
CREATE TABLE orders (id bigint PRIMARY KEY, state text NOT NULL) WITH (autovacuum_enabled = off);
INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 5000) n;
-- CREATE INDEX counts the rows of a small table, as VACUUM does.
CREATE TABLE lines (id bigint, state text NOT NULL) WITH (autovacuum_enabled = off);
INSERT INTO lines SELECT n, 'open' FROM generate_series(1, 2000) n;
CREATE INDEX ON lines (id);
SELECT pg_stat_force_next_flush();
