-- finds public.events_default
-- finds public.logs_default
CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_default PARTITION OF events DEFAULT;
INSERT INTO events VALUES ('2025-01-01', 'new year');
ANALYZE events;
-- Empty, and in the way all the same.
CREATE TABLE logs (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE logs_default PARTITION OF logs DEFAULT;
