-- needs vector
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding vector(3));
INSERT INTO documents SELECT i, ARRAY[i, i % 7, i % 11]::vector FROM generate_series(1, 20000) AS i;
CREATE INDEX documents_embedding ON documents USING ivfflat (embedding vector_l2_ops) WITH (lists = 20);
ANALYZE documents;
-- Too small to matter.
CREATE TABLE notes (id bigint PRIMARY KEY, embedding vector(3));
CREATE INDEX ON notes USING ivfflat (embedding vector_l2_ops) WITH (lists = 1000);
ANALYZE notes;
