CREATE TABLE customers (id bigint PRIMARY KEY);
-- It refers, and nothing refers to it.
CREATE TABLE orders (
    at date NOT NULL,
    id bigint NOT NULL,
    customer_id bigint REFERENCES customers,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE orders_2024 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
