-- As if the rows had been there for long: statistics are not stale.
SET track_counts = off;
CREATE TABLE customers (id bigint PRIMARY KEY);
INSERT INTO customers VALUES (0), (1);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    shipped boolean NOT NULL,
    pieces int NOT NULL,
    -- Two customers are no yes and no.
    customer_id bigint REFERENCES customers,
    searched int,
    checked int CHECK (checked IN (0, 1, 2))
);
CREATE INDEX ON orders (searched);
INSERT INTO orders SELECT i, i % 2 = 0, i % 3, i % 2, i % 2, i % 2 FROM generate_series(1, 2000) AS i;
ANALYZE customers, orders;
