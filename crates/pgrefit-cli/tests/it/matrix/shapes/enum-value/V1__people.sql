CREATE TYPE mood AS ENUM ('sad', 'fair');
CREATE TABLE people (id int PRIMARY KEY, mood mood NOT NULL, n int NOT NULL);
INSERT INTO people SELECT i, 'fair', i FROM generate_series(1, 2000) AS i;
