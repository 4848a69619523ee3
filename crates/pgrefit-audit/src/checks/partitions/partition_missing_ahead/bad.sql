-- finds public.events
-- finds public.lines
-- finds public.nothing
-- finds public.years
-- finds public.plans
-- finds public.kinds
-- finds public.parts
-- finds public.shifts
-- finds public.items
CREATE TABLE events (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2024_01 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE events_2024_02 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
-- The last partition is nearly full.
CREATE TABLE lines (id bigint NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE lines_0 PARTITION OF lines FOR VALUES FROM (0) TO (1000);
INSERT INTO lines SELECT generate_series(1, 990);
ANALYZE lines;
CREATE TABLE nothing (at date NOT NULL) PARTITION BY RANGE (at);
-- A year is a number that many rows have; the next one has no partition.
CREATE TABLE years (y int NOT NULL, v int) PARTITION BY RANGE (y);
CREATE TABLE years_2025 PARTITION OF years FOR VALUES FROM (2025) TO (2026);
CREATE TABLE years_2026 PARTITION OF years FOR VALUES FROM (2026) TO (2027);
INSERT INTO years SELECT 2025 + n % 2, n FROM generate_series(1, 100) n;
ANALYZE years;
-- Nothing takes what comes now.
CREATE TABLE plans (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE plans_2999 PARTITION OF plans FOR VALUES FROM ('2999-01-01') TO ('3000-01-01');
CREATE TABLE kinds (kind text NOT NULL) PARTITION BY LIST (kind);
CREATE TABLE parts (id bigint NOT NULL) PARTITION BY HASH (id);
-- Domains are what is beneath them.
CREATE DOMAIN working_day AS date;
CREATE TABLE shifts (at working_day NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE shifts_2024 PARTITION OF shifts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE DOMAIN number AS bigint;
CREATE DOMAIN line_number AS number;
CREATE TABLE items (id line_number NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE items_0 PARTITION OF items FOR VALUES FROM (0) TO (1000);
INSERT INTO items SELECT generate_series(1, 990);
ANALYZE items;
