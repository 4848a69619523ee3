ALTER TABLE orders ADD COLUMN number bigint;
CREATE SEQUENCE orders_number OWNED BY orders.number;
ALTER TABLE orders ALTER COLUMN number SET DEFAULT nextval('orders_number');
