CREATE TABLE orders (id bigserial PRIMARY KEY);
SELECT setval('orders_id_seq', 2000000000);
CREATE TABLE lines (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SELECT setval('lines_id_seq', 1000000000);
-- It begins again, and all its values fit.
CREATE SEQUENCE numbers AS int MAXVALUE 1000 CYCLE;
CREATE TABLE visits (id int PRIMARY KEY DEFAULT nextval('numbers'));
SELECT setval('numbers', 999);
-- It began far below zero.
CREATE SEQUENCE wide AS int MINVALUE -2147483648;
CREATE TABLE debts (id int PRIMARY KEY DEFAULT nextval('wide'));
SELECT setval('wide', 0);
CREATE SEQUENCE down AS int INCREMENT -1;
SELECT setval('down', -1000);
