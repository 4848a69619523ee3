CREATE TABLE events (at date NOT NULL, what text, number int) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
    PARTITION BY LIST (number);
CREATE TABLE events_2025_1 PARTITION OF events_2025 FOR VALUES IN (1);
CREATE UNIQUE INDEX events_number ON events (at, number);
CREATE INDEX events_what ON ONLY events (what);
CREATE INDEX events_2024_what ON events_2024 (what);
CREATE INDEX events_2025_what ON events_2025 (what);
ALTER INDEX events_what ATTACH PARTITION events_2024_what;
ALTER INDEX events_what ATTACH PARTITION events_2025_what;
-- An index of one partition alone.
CREATE INDEX events_2024_at ON events_2024 (number);
-- One without partitions is complete.
CREATE TABLE empty (at date NOT NULL) PARTITION BY RANGE (at);
CREATE INDEX empty_at ON empty (at);
