-- needs vector
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding vector(3072), small vector(3));
-- Within the row, as pgvector's manual advises for small ones.
ALTER TABLE documents ALTER COLUMN small SET STORAGE PLAIN;
