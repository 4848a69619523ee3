CREATE INDEX CONCURRENTLY items_n ON items (n, (lower(name))) WHERE n > 5;
