CREATE TABLE kinds (id int PRIMARY KEY);
CREATE TABLE events (kind int, at date) PARTITION BY RANGE (at);
CREATE INDEX events_kind_idx ON events (kind);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX events_1_kind ON events_1 (kind);
