-- finds public.orders.id
-- finds public.debts.id
CREATE SEQUENCE numbers;
CREATE TABLE orders (id int PRIMARY KEY DEFAULT nextval('numbers'));
CREATE SEQUENCE down INCREMENT -1;
CREATE TABLE debts (id smallint PRIMARY KEY DEFAULT nextval('down'));
