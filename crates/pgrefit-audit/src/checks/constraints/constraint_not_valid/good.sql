CREATE TABLE regions (id bigint, PRIMARY KEY (id)) PARTITION BY HASH (id);
CREATE TABLE regions_0 PARTITION OF regions FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE orders (id bigint PRIMARY KEY, region_id bigint, total numeric, discount percent);
ALTER TABLE orders ADD CONSTRAINT "Positive" CHECK (total > 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT "Positive";
-- The server keeps a row for each partition that is referenced, and before 18 those stay as they were.
ALTER TABLE orders ADD FOREIGN KEY (region_id) REFERENCES regions NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_region_id_fkey;
