CREATE TABLE orders (id bigint PRIMARY KEY, email text, number int);
CREATE INDEX orders_email ON orders (email);
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
-- Invalid until each partition has its own: another check.
CREATE INDEX events_what ON ONLY events (what);
