CREATE TABLE people (id bigint PRIMARY KEY, name varchar, nick text);
