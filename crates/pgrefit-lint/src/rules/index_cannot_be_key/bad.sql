ALTER TABLE orders ADD CONSTRAINT orders_ids UNIQUE USING INDEX orders_id_some;
