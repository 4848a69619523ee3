CREATE TABLE sessions (id bigint PRIMARY KEY);
CREATE TEMPORARY TABLE scratch (id bigint);
