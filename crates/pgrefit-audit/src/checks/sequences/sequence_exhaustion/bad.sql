-- finds public.orders.id
-- finds public.lines.id
-- finds public.visits.id
-- finds public.events.id
-- finds public.debts.id
-- finds public.bills.number
-- finds public.places.id
-- finds public.tickets
CREATE TABLE orders (id serial PRIMARY KEY);
SELECT setval('orders_id_seq', 2000000000);
CREATE TABLE lines (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SELECT setval('lines_id_seq', 1600000000);
-- A bigint sequence that fills an integer column, known only from the default.
CREATE SEQUENCE numbers;
CREATE DOMAIN number AS int;
CREATE TABLE visits (id number PRIMARY KEY DEFAULT nextval('numbers'));
SELECT setval('numbers', 2000000000);
-- Told once, of the partitioned table.
CREATE TABLE events (id serial, day date) PARTITION BY RANGE (day);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
SELECT setval('events_id_seq', 2000000000);
-- It counts down.
CREATE SEQUENCE down INCREMENT -1;
CREATE TABLE debts (id int PRIMARY KEY DEFAULT nextval('down'));
SELECT setval('down', -2000000000);
-- The column would hold more than the sequence gives.
CREATE SEQUENCE bill_numbers AS int;
CREATE TABLE bills (number text PRIMARY KEY DEFAULT 'B' || nextval('bill_numbers'));
SELECT setval('bill_numbers', 2000000000);
-- It was told to begin again at the end of its column.
CREATE TABLE places (id serial PRIMARY KEY);
ALTER SEQUENCE places_id_seq RESTART WITH 2147483647;
-- Applications draw from it.
CREATE SEQUENCE tickets AS int;
SELECT setval('tickets', 2000000000);
