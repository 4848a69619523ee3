-- finds public.lines.updated_at
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.updated_at := now(); RETURN new; END';
CREATE TABLE orders (id bigint PRIMARY KEY, updated_at timestamptz);
CREATE TABLE notes (id bigint PRIMARY KEY, updated_at timestamptz);
CREATE TABLE lines (id bigint PRIMARY KEY, updated_at timestamptz);
CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION touch();
-- After the change, it is too late.
CREATE TRIGGER touch AFTER UPDATE ON lines FOR EACH ROW EXECUTE FUNCTION touch();
