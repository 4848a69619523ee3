-- finds public.lines.order_id
-- finds public.notes.customer_id
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
CREATE TABLE lines (id bigint PRIMARY KEY, order_id int);
CREATE TABLE shipments (id bigint PRIMARY KEY, order_id bigint);
CREATE TABLE notes (id bigint PRIMARY KEY, customer_id text);
