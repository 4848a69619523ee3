-- finds public.lines.lines_order_id_fkey
-- finds public.visits.visits_day_fkey
-- finds public.visits.visits_country_fkey
-- finds public.visits.visits_place_fkey
CREATE TABLE orders (id numeric PRIMARY KEY);
-- No index on an integer finds a numeric.
CREATE TABLE lines (id bigint PRIMARY KEY, order_id int REFERENCES orders);
CREATE TABLE days (day timestamp PRIMARY KEY);
CREATE TABLE countries (code varchar(20) PRIMARY KEY);
CREATE TABLE places (id int PRIMARY KEY);
CREATE TABLE visits (
    id bigint PRIMARY KEY,
    day date REFERENCES days,
    country varchar(10) REFERENCES countries,
    place bigint REFERENCES places
);
