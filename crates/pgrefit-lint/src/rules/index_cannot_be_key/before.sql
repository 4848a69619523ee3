CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, amount numeric(10,2), note varchar(50), placed timestamp);
INSERT INTO orders SELECT g, g % 10, g, 'n', '2024-01-01' FROM generate_series(1, 5000) g;
CREATE UNIQUE INDEX orders_id_some ON orders (id) WHERE id > 50;
