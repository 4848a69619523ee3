-- needs vector
-- finds public.documents.embedding
-- finds public.documents.small
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding vector(3072), small vector(3));
ALTER TABLE documents ALTER COLUMN embedding SET STORAGE PLAIN;
ALTER TABLE documents ALTER COLUMN small SET STORAGE EXTENDED;
