CREATE TABLE orders (id bigint PRIMARY KEY, customer int UNIQUE, amount int);
INSERT INTO orders VALUES (1, 1, 1), (1000, 2, 2000000000), (2000000000, 3, 3);
ANALYZE orders;
-- A sequence fills it, and tells of itself.
CREATE TABLE lines (id serial PRIMARY KEY);
INSERT INTO lines VALUES (1), (1000), (2000000000);
ANALYZE lines;
-- It goes with what it refers to.
CREATE TABLE notes ("order" int PRIMARY KEY REFERENCES orders);
INSERT INTO notes VALUES (1), (1000), (2000000000);
ANALYZE notes;
-- In no order: hashes.
CREATE TABLE hashes (id int PRIMARY KEY);
INSERT INTO hashes SELECT hashint4(n) FROM generate_series(1, 200) AS n;
ANALYZE hashes;
