-- finds public.sessions
-- finds public.events_2026
CREATE UNLOGGED TABLE sessions (id bigint PRIMARY KEY);
CREATE TABLE events (at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE UNLOGGED TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
