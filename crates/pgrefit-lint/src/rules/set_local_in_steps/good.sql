CREATE INDEX CONCURRENTLY orders_note ON app.orders (note);
