-- finds public.orders
-- finds public.documents
CREATE TABLE orders (id bigint PRIMARY KEY, state text) WITH (autovacuum_enabled = off);
INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 1000) n;
ANALYZE orders;
CREATE TABLE documents (id bigint PRIMARY KEY, body text) WITH (autovacuum_enabled = off);
INSERT INTO documents SELECT n, 'short' FROM generate_series(1, 1000) n;
ANALYZE documents;
-- As if years of updates had gone over them: a million rows that would fit into 5,500 pages.
UPDATE pg_class SET relpages = 50000, reltuples = 1000000 WHERE oid = 'orders'::regclass;
-- And as if most documents were deleted: of the 160,000 chunks in 40,000 pages, 20,000 are left.
UPDATE pg_class SET relpages = 40000, reltuples = 20000
WHERE oid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'documents'::regclass);
