CREATE DOMAIN number AS numeric;
CREATE TABLE orders (id numeric PRIMARY KEY);
CREATE TABLE lines (id bigint PRIMARY KEY, order_id number REFERENCES orders);
CREATE TABLE countries (code varchar(20) PRIMARY KEY);
CREATE TABLE cities (name text PRIMARY KEY);
CREATE TABLE visits (
    id bigint PRIMARY KEY,
    -- Longer than any key, and of another name for the same type.
    country text REFERENCES countries,
    wide varchar(30) REFERENCES countries,
    city varchar REFERENCES cities
);
