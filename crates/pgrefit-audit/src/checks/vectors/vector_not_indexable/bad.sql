-- needs vector
-- finds public.documents.embedding
-- finds public.documents."Half"
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding vector(3072), "Half" halfvec(5000));
