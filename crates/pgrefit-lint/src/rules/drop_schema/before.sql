CREATE SCHEMA old;
CREATE TABLE old.orders (id bigint);
INSERT INTO old.orders VALUES (1);
CREATE VIEW old.totals AS SELECT 1 AS one;
