-- finds public.events
-- finds public.lines
-- finds public.nothing
CREATE TABLE events (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2024_01 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE events_2024_02 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
-- The last partition is nearly full.
CREATE TABLE lines (id bigint NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE lines_0 PARTITION OF lines FOR VALUES FROM (0) TO (1000);
INSERT INTO lines SELECT generate_series(1, 990);
ANALYZE lines;
CREATE TABLE nothing (at date NOT NULL) PARTITION BY RANGE (at);
