CREATE TABLE tags (id int PRIMARY KEY, tag text NOT NULL);
ALTER TABLE items ADD COLUMN tag text;
INSERT INTO tags SELECT i, 'tag ' || i FROM generate_series(1, 100) AS i;
CREATE INDEX CONCURRENTLY items_tag ON items (tag);
UPDATE items SET tag = 'tag ' || n, n = n + 1;
UPDATE counters SET value = value + 1;
