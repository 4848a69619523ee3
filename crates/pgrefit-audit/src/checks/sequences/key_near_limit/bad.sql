-- finds public.orders.id
-- finds public.events.number
CREATE TABLE orders (id int PRIMARY KEY);
INSERT INTO orders VALUES (1), (1000), (1000000), (2000000000);
ANALYZE orders;
CREATE TABLE events (day date, number int, PRIMARY KEY (day, number)) PARTITION BY RANGE (day);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO events VALUES ('2026-01-01', 1), ('2026-01-02', 1000), ('2026-01-03', 1600000000);
-- As autovacuum does it: the partition, not the partitioned table.
ANALYZE events_2026;
