-- finds public.orders_customer
-- finds public.orders_mail
-- finds public.orders_number_at
-- finds public.events_at
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, at date, number int, mail text);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_customer_at ON orders (customer_id, at);
CREATE INDEX orders_mail ON orders (lower(mail)) WHERE at IS NOT NULL;
CREATE INDEX orders_mail_id ON orders (lower(mail), id) WHERE at IS NOT NULL;
-- What it includes is a column of the other.
CREATE INDEX orders_number_at ON orders (number) INCLUDE (at);
CREATE UNIQUE INDEX orders_number_at_id ON orders (number, at, id);
CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX events_at ON events (at);
CREATE INDEX events_at_what ON events (at, what);
