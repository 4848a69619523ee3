CREATE TABLE events (id bigint PRIMARY KEY, payload jsonb, json text);
-- A type of the same name in another schema.
CREATE SCHEMA mine;
CREATE TYPE mine.json AS ENUM ('a');
CREATE TABLE other (id bigint PRIMARY KEY, kind mine.json);
