ALTER TABLE orders ADD CONSTRAINT orders_note UNIQUE USING INDEX orders_note_some;
