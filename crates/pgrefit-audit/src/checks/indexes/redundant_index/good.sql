CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id bigint, at date, number int, mail text,
    c1 int, c2 int, c3 int, c4 int, c10 int
);
CREATE INDEX orders_customer_at ON orders (customer_id, at);
-- Not at the beginning, in another direction, with another collation, operator class or predicate.
CREATE INDEX orders_at ON orders (at);
CREATE INDEX orders_mail ON orders (mail);
CREATE INDEX orders_mail_down ON orders (mail DESC, at);
CREATE INDEX orders_mail_c ON orders (mail COLLATE "C", at);
CREATE INDEX orders_mail_pattern ON orders (mail text_pattern_ops, at);
CREATE INDEX orders_mail_some ON orders (mail, at) WHERE number > 0;
CREATE INDEX orders_mail_hash ON orders USING hash (mail);
CREATE INDEX orders_lower ON orders (lower(mail), at);
-- The rows it keeps apart the longer one lets be.
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_number_at ON orders (number, at);
CREATE INDEX orders_id_at ON orders (id, at);
-- It includes what the longer one has not.
CREATE INDEX orders_c4 ON orders (c4) INCLUDE (c3);
CREATE INDEX orders_c4_c2 ON orders (c4, c2);
-- The number of the one begins as that of the other.
CREATE INDEX orders_c1 ON orders (c1);
CREATE INDEX orders_c10 ON orders (c10, c2);
-- The longer one is not usable.
CREATE INDEX orders_c2 ON orders (c2);
CREATE INDEX orders_c2_c3 ON orders (c2, c3);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_c2_c3'::regclass;
-- Columns that are included are not sorted by.
CREATE INDEX orders_c3_at ON orders (c3, at);
CREATE INDEX orders_c3 ON orders (c3 DESC) INCLUDE (at);
