CREATE TABLE people (name text NOT NULL, born date);
CREATE TABLE queue (payload text);
CREATE TABLE keys (id bigint PRIMARY KEY);
