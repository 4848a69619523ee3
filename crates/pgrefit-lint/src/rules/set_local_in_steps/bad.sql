SET LOCAL search_path = app;
CREATE INDEX CONCURRENTLY orders_note ON orders (note);
