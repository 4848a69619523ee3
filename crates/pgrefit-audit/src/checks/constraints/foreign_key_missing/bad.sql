-- finds public.orders.customer_id
-- finds shop."Lines"."orderId"
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL);
CREATE SCHEMA shop;
-- Of another width, and in another schema.
CREATE TABLE shop."Lines" (id bigint PRIMARY KEY, "orderId" int);
