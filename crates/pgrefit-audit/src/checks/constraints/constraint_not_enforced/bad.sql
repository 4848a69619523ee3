-- since 18
-- finds public.orders.orders_customer_id_fkey
-- finds public.orders.orders_total
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id bigint REFERENCES customers NOT ENFORCED,
    total numeric CONSTRAINT orders_total CHECK (total > 0) NOT ENFORCED
);
