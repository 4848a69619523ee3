CREATE TABLE customers (id bigint PRIMARY KEY, name text, mail text, number int NOT NULL, tags text[]);
-- Another order, direction, operator class, collation, access method, predicate, expression.
CREATE INDEX customers_name ON customers (name, mail);
CREATE INDEX customers_mail_first ON customers (mail, name);
CREATE INDEX customers_name_down ON customers (name, mail DESC);
CREATE INDEX customers_name_pattern ON customers (name text_pattern_ops, mail);
CREATE INDEX customers_name_c ON customers (name COLLATE "C", mail);
CREATE INDEX customers_tags ON customers USING gin (tags);
CREATE INDEX customers_tags_whole ON customers (tags);
CREATE INDEX customers_lower ON customers (lower(name), mail);
CREATE INDEX customers_some ON customers (name, mail) WHERE number > 0;
CREATE INDEX customers_others ON customers (name, mail) WHERE number > 1;
-- The first allows what the second forbids.
CREATE UNIQUE INDEX customers_mail ON customers (mail);
CREATE UNIQUE INDEX customers_mail_null ON customers (mail) NULLS NOT DISTINCT;
CREATE TABLE orders (customer_id bigint, number int NOT NULL);
ALTER TABLE orders ADD CONSTRAINT orders_number UNIQUE (number);
-- It holds more.
CREATE INDEX orders_customer ON orders (customer_id) INCLUDE (number);
-- Its twin is not usable.
CREATE INDEX orders_both ON orders (customer_id, number);
CREATE INDEX orders_both_invalid ON orders (customer_id, number);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_both_invalid'::regclass;
CREATE TABLE lines (number int NOT NULL, kind int);
CREATE UNIQUE INDEX lines_identity ON lines (number);
CREATE INDEX lines_kind ON lines (kind);
ALTER TABLE lines REPLICA IDENTITY USING INDEX lines_identity;
CLUSTER lines USING lines_kind;
-- A foreign key rests on it.
CREATE TABLE keys (id bigint NOT NULL UNIQUE);
CREATE TABLE keys_used (id bigint REFERENCES keys (id));
ALTER TABLE keys ADD PRIMARY KEY (id);
