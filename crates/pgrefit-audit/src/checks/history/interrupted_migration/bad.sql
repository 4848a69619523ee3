-- finds history
CREATE TABLE refinery_schema_history (version int PRIMARY KEY, name text, applied_on text, checksum text);
INSERT INTO refinery_schema_history VALUES (1, 'first', '2026-01-01T00:00:00Z', '1');
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);
CREATE INDEX orders_total ON orders (total);
-- What a CREATE INDEX CONCURRENTLY that failed leaves behind.
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_total'::regclass;
