-- finds public.orders.orders_customer_id_fkey
-- finds public.lines.lines_order_fkey
-- finds public.cities.cities_country_fkey
-- finds "Shop".visits."Customer"
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    year int NOT NULL,
    customer_id bigint REFERENCES customers,
    shipped boolean NOT NULL,
    UNIQUE (year, id)
);
-- Serves only the rows that are not shipped.
CREATE INDEX orders_open ON orders (customer_id) WHERE NOT shipped;
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    year int,
    order_id bigint,
    CONSTRAINT lines_order_fkey FOREIGN KEY (year, order_id) REFERENCES orders (year, id)
);
-- The second column is not part of its order.
CREATE INDEX lines_year ON lines (year) INCLUDE (order_id);
-- The server looks for it in the collation of the column.
CREATE TABLE countries (code text PRIMARY KEY);
CREATE TABLE cities (id bigint PRIMARY KEY, country text REFERENCES countries);
CREATE INDEX cities_country ON cities (country COLLATE "C");
-- An index that is not valid serves nothing; told once, of the partitioned table; and a quoted name.
CREATE SCHEMA "Shop";
CREATE TABLE "Shop".visits (day date, customer_id bigint, CONSTRAINT "Customer" FOREIGN KEY (customer_id) REFERENCES customers)
    PARTITION BY RANGE (day);
CREATE TABLE "Shop".visits_2025 PARTITION OF "Shop".visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE "Shop".visits_2026 PARTITION OF "Shop".visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX visits_2025_customer ON "Shop".visits_2025 (customer_id);
CREATE INDEX visits_2026_customer ON "Shop".visits_2026 (customer_id);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"Shop".visits_2026_customer'::regclass;
