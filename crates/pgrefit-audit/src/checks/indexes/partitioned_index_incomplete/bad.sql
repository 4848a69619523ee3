-- finds public.events_what
-- finds public.events_number
CREATE TABLE events (at date NOT NULL, what text, number int) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX events_what ON ONLY events (what);
CREATE INDEX events_2024_what ON events_2024 (what);
ALTER INDEX events_what ATTACH PARTITION events_2024_what;
CREATE UNIQUE INDEX events_number ON ONLY events (at, number);
