CREATE TABLE things (id bigint PRIMARY KEY);
CREATE TABLE everything ();
CREATE TABLE something (id bigint PRIMARY KEY) INHERITS (everything);
