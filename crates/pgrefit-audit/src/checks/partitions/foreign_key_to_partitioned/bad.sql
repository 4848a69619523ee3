-- finds public.lines.lines_order_fkey
CREATE TABLE orders (at date NOT NULL, id bigint NOT NULL, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
CREATE TABLE orders_2024 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE lines (
    at date,
    order_id bigint,
    CONSTRAINT lines_order_fkey FOREIGN KEY (at, order_id) REFERENCES orders
);
