-- finds public.chunks.chunks_document_id_fkey
CREATE TABLE documents (id bigint PRIMARY KEY);
CREATE TABLE chunks (id bigint PRIMARY KEY, document_id bigint REFERENCES documents);
INSERT INTO chunks SELECT i FROM generate_series(1, 1000) AS i;
ANALYZE chunks;
