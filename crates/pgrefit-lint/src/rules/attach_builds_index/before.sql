CREATE TABLE events (kind int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE INDEX events_kind ON events (kind);
CREATE TABLE events_2025 (kind int, at date NOT NULL, CHECK (at >= '2025-01-01' AND at < '2026-01-01'));
INSERT INTO events_2025 SELECT g, '2025-05-05' FROM generate_series(1, 5000) g;
