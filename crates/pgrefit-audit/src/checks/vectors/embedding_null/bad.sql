-- needs vector
-- finds public.documents.embedding
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding vector(3));
INSERT INTO documents SELECT i, CASE WHEN i % 3 <> 0 THEN '[1,2,3]'::vector END FROM generate_series(1, 600) AS i;
ANALYZE documents;
