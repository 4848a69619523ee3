CREATE TABLE events (kind int, at date) PARTITION BY RANGE (at);
CREATE TABLE events_default PARTITION OF events DEFAULT;
INSERT INTO events SELECT g, '2023-05-05' FROM generate_series(1, 5000) g;
