CREATE TABLE refinery_schema_history (version int PRIMARY KEY, name text, applied_on text, checksum text);
INSERT INTO refinery_schema_history VALUES (1, 'first', '2026-01-01T00:00:00Z', '1');
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric CHECK (total > 0));
CREATE INDEX orders_total ON orders (total);
-- The index of a partitioned table is not valid before all of its partitions have one.
CREATE TABLE events (day date PRIMARY KEY) PARTITION BY RANGE (day);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX events_day ON ONLY events (day);
