CREATE DOMAIN number AS bigint;
CREATE TABLE orders (id bigserial PRIMARY KEY);
CREATE TABLE lines (id bigint PRIMARY KEY, order_id number REFERENCES orders);
CREATE TABLE places (year int, id int, PRIMARY KEY (year, id));
-- Wider does no harm here.
CREATE TABLE visits (id bigint PRIMARY KEY, year int, place bigint, FOREIGN KEY (year, place) REFERENCES places);
