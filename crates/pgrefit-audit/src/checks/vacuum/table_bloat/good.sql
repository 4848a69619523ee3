CREATE TABLE orders (id bigint PRIMARY KEY, state text) WITH (autovacuum_enabled = off);
INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 1000) n;
ANALYZE orders;
CREATE TABLE documents (id bigint PRIMARY KEY, body text) WITH (autovacuum_enabled = off);
INSERT INTO documents SELECT n, 'short' FROM generate_series(1, 1000) n;
ANALYZE documents;
-- Full pages, of the table and of its TOAST.
UPDATE pg_class SET relpages = 50000, reltuples = 9000000 WHERE oid = 'orders'::regclass;
UPDATE pg_class SET relpages = 40000, reltuples = 160000
WHERE oid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'documents'::regclass);
-- Room that the fillfactor leaves is meant.
CREATE TABLE counters (id bigint PRIMARY KEY, hits bigint) WITH (fillfactor = 20, autovacuum_enabled = off);
INSERT INTO counters SELECT n, 0 FROM generate_series(1, 1000) n;
ANALYZE counters;
UPDATE pg_class SET relpages = 50000, reltuples = 1800000 WHERE oid = 'counters'::regclass;
-- What changed much since it was analysed is not estimated.
CREATE TABLE events (id bigint PRIMARY KEY, state text) WITH (autovacuum_enabled = off);
INSERT INTO events VALUES (0, 'open');
ANALYZE events;
INSERT INTO events SELECT n, repeat('x', 100) FROM generate_series(1, 5000) n;
UPDATE pg_class SET relpages = 50000, reltuples = 1000 WHERE oid = 'events'::regclass;
SELECT pg_stat_force_next_flush();
