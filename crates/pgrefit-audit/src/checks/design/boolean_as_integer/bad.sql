-- finds public.orders.shipped
CREATE TABLE orders (id bigint PRIMARY KEY, shipped int NOT NULL);
INSERT INTO orders SELECT i, i % 2 FROM generate_series(1, 2000) AS i;
ANALYZE orders;
