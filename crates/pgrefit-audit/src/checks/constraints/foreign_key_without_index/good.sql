CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    year int NOT NULL,
    customer_id bigint REFERENCES customers,
    UNIQUE (year, id)
);
-- Rows without a customer refer to nothing.
CREATE INDEX orders_customer ON orders (customer_id) WHERE customer_id IS NOT NULL;
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    year int,
    order_id bigint,
    CONSTRAINT lines_order_fkey FOREIGN KEY (year, order_id) REFERENCES orders (year, id)
);
-- In the other order, and with more behind it, it serves as well.
CREATE INDEX lines_order ON lines (order_id, year, id);
-- Rows without one of them refer to nothing.
CREATE TABLE bills (id bigint PRIMARY KEY, year int, order_id bigint, FOREIGN KEY (year, order_id) REFERENCES orders (year, id));
CREATE INDEX ON bills (year, order_id) WHERE year IS NOT NULL AND order_id IS NOT NULL;
-- An exclusion constraint finds it.
CREATE TABLE spans (span int4range PRIMARY KEY);
CREATE TABLE stays (id bigint PRIMARY KEY, span int4range REFERENCES spans, EXCLUDE USING gist (span WITH =));
-- Each partition has an index of its own.
CREATE TABLE visits (day date, customer_id bigint REFERENCES customers) PARTITION BY RANGE (day);
CREATE TABLE visits_2026 (customer_id bigint, day date);
ALTER TABLE visits ATTACH PARTITION visits_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON visits_2026 USING hash (customer_id);
