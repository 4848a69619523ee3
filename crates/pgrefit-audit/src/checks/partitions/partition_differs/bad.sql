-- finds public.events_1
-- finds public.events_2
-- finds public.events_3
-- finds public.events_4
-- finds public.events_5
CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_0 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE UNLOGGED TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
ALTER TABLE events_2 OWNER TO pg_monitor;
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
GRANT SELECT ON events, events_3 TO pg_monitor;
CREATE TABLE events_4 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
CREATE INDEX events_4_what ON events_4 (what);
CREATE TABLE events_5 PARTITION OF events FOR VALUES FROM ('2028-01-01') TO ('2029-01-01');
ALTER TABLE events_5 REPLICA IDENTITY FULL;
