-- finds public.readings
-- finds public.slots
-- finds public.events
CREATE TABLE readings (sensor int NOT NULL, value real);
-- A deferrable key identifies nothing.
CREATE TABLE slots (id bigint PRIMARY KEY DEFERRABLE);
CREATE TABLE events (day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE PUBLICATION changes FOR TABLE readings, slots, events;
