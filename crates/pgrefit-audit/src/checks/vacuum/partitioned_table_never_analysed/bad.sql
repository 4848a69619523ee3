-- finds public.events
CREATE TABLE events (id bigint NOT NULL, year int NOT NULL) PARTITION BY LIST (year);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES IN (2025);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES IN (2026);
INSERT INTO events SELECT n, 2025 + n % 2 FROM generate_series(1, 12000) n;
-- What autovacuum would do.
ANALYZE events_2025;
ANALYZE events_2026;
