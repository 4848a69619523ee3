-- finds public.lines.lines_order_id_fkey
-- finds public.visits.visits_year_place_fkey
CREATE TABLE orders (id bigserial PRIMARY KEY);
CREATE TABLE lines (id bigint PRIMARY KEY, order_id int REFERENCES orders);
SELECT setval('orders_id_seq', 2147000000);
CREATE TABLE places (year int, id int, PRIMARY KEY (year, id));
CREATE TABLE visits (id bigint PRIMARY KEY, year int, place smallint, FOREIGN KEY (year, place) REFERENCES places);
