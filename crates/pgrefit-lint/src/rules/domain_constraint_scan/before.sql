CREATE DOMAIN percent AS int;
CREATE TABLE shares (id int, share percent);
INSERT INTO shares SELECT g, 1 FROM generate_series(1, 5000) g;
