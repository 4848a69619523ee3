-- finds public
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);
COMMENT ON TABLE orders IS 'What customers want.';
CREATE TABLE lines (id bigint PRIMARY KEY, pieces int);
