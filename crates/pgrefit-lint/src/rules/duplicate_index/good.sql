CREATE INDEX CONCURRENTLY orders_note_amount ON orders (note, amount);
