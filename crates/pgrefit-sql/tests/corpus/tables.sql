-- pgrefit:lock-timeout 2s
CREATE TABLE IF NOT EXISTS shop.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Total" numeric(12, 2) NOT NULL DEFAULT 0 CHECK ("Total" >= 0), placed timestamptz DEFAULT now(), customer_id int REFERENCES customers (id) ON DELETE CASCADE, UNIQUE NULLS NOT DISTINCT (id, customer_id), EXCLUDE USING gist (span WITH &&)) PARTITION BY RANGE (placed);
CREATE TABLE orders_2024 PARTITION OF shop.orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE UNLOGGED TABLE copy (LIKE shop.orders INCLUDING ALL) WITH (fillfactor = 70) TABLESPACE fast;
CREATE TEMP TABLE short ON COMMIT DROP AS SELECT * FROM shop.orders WITH NO DATA;
DROP TABLE IF EXISTS a, b.c CASCADE;
