CREATE INDEX CONCURRENTLY orders_note_again ON orders (note);
