CREATE DOMAIN order_number AS bigint;
CREATE TABLE orders (id bigint PRIMARY KEY, external_id text, value int);
-- A domain is what it rests on; other names say nothing.
CREATE TABLE lines (id int PRIMARY KEY, order_id order_number, external_id bigint, value text);
CREATE TABLE shipments (id uuid PRIMARY KEY, order_id bigint);
