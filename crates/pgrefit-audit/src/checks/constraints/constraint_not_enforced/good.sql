CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id bigint REFERENCES customers,
    total numeric
);
-- Not valid is not the same: new rows are checked.
ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total > 0) NOT VALID;
