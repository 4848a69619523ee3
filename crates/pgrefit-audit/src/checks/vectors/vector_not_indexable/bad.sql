-- needs vector
-- finds public.documents.embedding
-- finds public.documents."Half"
-- finds public.parts.embedding
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding vector(3072), "Half" halfvec(5000));
-- Only one of two partitions has an index.
CREATE TABLE parts (id bigint, embedding vector(3072)) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200);
CREATE INDEX ON parts_1 USING hnsw ((embedding::halfvec(3072)) halfvec_l2_ops);
