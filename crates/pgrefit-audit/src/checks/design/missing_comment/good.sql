CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);
COMMENT ON TABLE orders IS 'What customers want.';
COMMENT ON COLUMN orders.total IS 'With taxes.';
-- Nobody writes comments here.
CREATE SCHEMA quiet;
CREATE TABLE quiet.things (id bigint PRIMARY KEY, name text);
