ALTER TABLE orders ADD CONSTRAINT customer_not_null CHECK (customer_id IS NOT NULL) NOT VALID;
