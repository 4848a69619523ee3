CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER "Stamp" BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
-- It fires whatever session_replication_role is.
ALTER TABLE orders ENABLE ALWAYS TRIGGER "Stamp";
CREATE TABLE slots (id bigint PRIMARY KEY, place int UNIQUE DEFERRABLE);
ALTER TABLE slots DISABLE TRIGGER ALL;
ALTER TABLE slots ENABLE TRIGGER ALL;
