-- finds public.orders.orders_customer_id_fkey
-- finds public.orders."Stamp"
-- finds public.slots.slots_place_key
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER "Stamp" BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
-- What a bulk load left behind.
ALTER TABLE orders DISABLE TRIGGER ALL;
CREATE TABLE slots (id bigint PRIMARY KEY, place int UNIQUE DEFERRABLE);
ALTER TABLE slots DISABLE TRIGGER ALL;
