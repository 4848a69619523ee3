CREATE TABLE orders (year int, id bigint, other bigint, PRIMARY KEY (year, id), UNIQUE (year, other));
CREATE TABLE archived_orders (year int, id bigint, PRIMARY KEY (year, id)) PARTITION BY HASH (year);
CREATE TABLE archived_orders_0 PARTITION OF archived_orders FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE archived_orders_1 PARTITION OF archived_orders FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    year int,
    order_id bigint,
    CONSTRAINT first FOREIGN KEY (year, order_id) REFERENCES orders (year, id),
    -- To other columns, and to another table; the server keeps a row for each of its partitions.
    CONSTRAINT other FOREIGN KEY (year, order_id) REFERENCES orders (year, other),
    CONSTRAINT archived FOREIGN KEY (year, order_id) REFERENCES archived_orders (year, id)
);
-- To a partition, which is more than to its table.
CREATE TABLE visits (day date, year int, order_id bigint, FOREIGN KEY (year, order_id) REFERENCES archived_orders (year, id))
    PARTITION BY RANGE (day);
CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE visits_2026 ADD FOREIGN KEY (year, order_id) REFERENCES archived_orders_0 (year, id);
