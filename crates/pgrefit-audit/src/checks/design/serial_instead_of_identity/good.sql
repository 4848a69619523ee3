CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
-- One sequence for two tables is no serial.
CREATE SEQUENCE numbers;
CREATE TABLE invoices (id bigint PRIMARY KEY DEFAULT nextval('numbers'));
CREATE TABLE credits (id bigint PRIMARY KEY DEFAULT nextval('numbers'));
