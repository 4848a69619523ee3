-- needs vector
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding vector(3));
INSERT INTO documents SELECT i, '[1,2,3]' FROM generate_series(1, 600) AS i;
-- Too few rows to say.
CREATE TABLE notes (id bigint PRIMARY KEY, embedding vector(3));
INSERT INTO notes VALUES (1, NULL);
ANALYZE documents, notes;
