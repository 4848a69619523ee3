CREATE TABLE events (id bigint NOT NULL, year int NOT NULL) PARTITION BY LIST (year);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES IN (2025);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES IN (2026);
INSERT INTO events SELECT n, 2025 + n % 2 FROM generate_series(1, 12000) n;
ANALYZE events;
-- Too small to matter.
CREATE TABLE notes (id bigint NOT NULL, year int NOT NULL) PARTITION BY LIST (year);
CREATE TABLE notes_2026 PARTITION OF notes FOR VALUES IN (2026);
INSERT INTO notes SELECT n, 2026 FROM generate_series(1, 100) n;
ANALYZE notes_2026;
