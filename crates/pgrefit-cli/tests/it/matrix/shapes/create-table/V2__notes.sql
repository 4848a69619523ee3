CREATE TABLE notes (id int PRIMARY KEY, item int NOT NULL REFERENCES items, body text);
INSERT INTO notes SELECT id, id, 'about ' || name FROM items;
CREATE INDEX notes_item ON notes (item);
