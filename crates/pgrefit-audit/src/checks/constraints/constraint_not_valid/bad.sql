-- finds public.orders.orders_customer_id_fkey
-- finds public.orders."Positive"
-- finds public.percent.percent_range
-- finds public.events.events_kind
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE DOMAIN percent AS int;
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric, discount percent);
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
ALTER TABLE orders ADD CONSTRAINT "Positive" CHECK (total > 0) NOT VALID;
ALTER DOMAIN percent ADD CONSTRAINT percent_range CHECK (VALUE BETWEEN 0 AND 100) NOT VALID;
-- Told once, of the partitioned table.
CREATE TABLE events (day date NOT NULL, kind text) PARTITION BY RANGE (day);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE events ADD CONSTRAINT events_kind CHECK (kind <> '') NOT VALID;
