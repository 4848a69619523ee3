CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO events VALUES ('2025-01-01', 'new year');
ANALYZE events;
-- For a list it is meant.
CREATE TABLE customers (country text NOT NULL) PARTITION BY LIST (country);
CREATE TABLE customers_de PARTITION OF customers FOR VALUES IN ('de');
CREATE TABLE customers_other PARTITION OF customers DEFAULT;
