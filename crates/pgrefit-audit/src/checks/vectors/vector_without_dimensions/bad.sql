-- needs vector
-- finds public.documents.embedding
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding vector);
