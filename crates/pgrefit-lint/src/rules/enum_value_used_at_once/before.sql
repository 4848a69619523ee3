CREATE TYPE state AS ENUM ('here');
CREATE TABLE things (id int PRIMARY KEY, state state);
INSERT INTO things VALUES (1, 'here');
