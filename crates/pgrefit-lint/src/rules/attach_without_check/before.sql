CREATE TABLE events (kind int, at date) PARTITION BY RANGE (at);
CREATE TABLE events_2025 (kind int, at date);
INSERT INTO events_2025 SELECT g, '2025-05-05' FROM generate_series(1, 5000) g;
