CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.updated_at := now(); RETURN new; END';
-- One of two: no custom is to be seen.
CREATE TABLE orders (id bigint PRIMARY KEY, updated_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, updated_at timestamptz);
CREATE TABLE lines (id bigint PRIMARY KEY, created_at timestamptz);
CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
