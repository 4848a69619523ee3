CREATE TABLE documents (id int PRIMARY KEY, title text NOT NULL, body text);
ALTER TABLE documents ALTER COLUMN body SET STORAGE EXTERNAL;
INSERT INTO documents SELECT i, 'title ' || i, repeat('body ' || i, 400) FROM generate_series(1, 300) AS i;
CREATE INDEX documents_title ON documents (title);
