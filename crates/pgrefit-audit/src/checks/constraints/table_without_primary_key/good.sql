CREATE TABLE readings (sensor int NOT NULL, day date NOT NULL, value real, PRIMARY KEY (sensor, day));
CREATE VIEW latest AS SELECT * FROM readings;
CREATE MATERIALIZED VIEW daily AS SELECT * FROM readings;
CREATE TYPE pair AS (a int, b int);
-- The parent cannot have a key without the day; each partition has one.
CREATE TABLE events (id bigint NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
ALTER TABLE events_2025 ADD PRIMARY KEY (id);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE events_2026 ADD PRIMARY KEY (id);
