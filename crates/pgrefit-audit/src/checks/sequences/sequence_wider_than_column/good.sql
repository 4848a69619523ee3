CREATE TABLE orders (id serial PRIMARY KEY);
CREATE TABLE lines (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
-- A bigint that ends where the column does.
CREATE SEQUENCE numbers MAXVALUE 2147483647;
CREATE TABLE visits (id int PRIMARY KEY DEFAULT nextval('numbers'));
CREATE SEQUENCE bill_numbers;
CREATE TABLE bills (number text PRIMARY KEY DEFAULT 'B' || nextval('bill_numbers'));
