CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, customer_id bigint, region text);
