-- needs vector
-- finds public.documents_embedding
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding vector(3));
-- Built while the table is empty, with lists for a million rows.
CREATE INDEX documents_embedding ON documents USING ivfflat (embedding vector_l2_ops) WITH (lists = 1000);
INSERT INTO documents SELECT i, ARRAY[i, i % 7, i % 11]::vector FROM generate_series(1, 20000) AS i;
ANALYZE documents;
