-- finds public.events_2024
CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
-- What a DETACH PARTITION … CONCURRENTLY that was interrupted leaves.
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'events_2024'::regclass;
