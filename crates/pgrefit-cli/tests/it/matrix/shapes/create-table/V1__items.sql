CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL, n int NOT NULL);
INSERT INTO items SELECT i, 'item ' || i, i % 100 FROM generate_series(1, 3000) AS i;
