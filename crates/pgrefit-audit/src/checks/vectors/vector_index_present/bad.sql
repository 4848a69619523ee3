-- needs vector
-- finds public.documents_plain
-- finds public.documents_halfvec
-- finds public.documents_bits
-- finds public.documents_first
-- finds public.documents_some
-- finds public.parts_embedding
-- finds public.derived_g
-- finds public.whole_row
-- finds public.seen_embedding
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, small vector(3), embedding vector(3072));
CREATE INDEX documents_plain ON documents USING hnsw (small vector_l2_ops);
CREATE INDEX documents_halfvec ON documents USING hnsw ((embedding::halfvec(3072)) halfvec_cosine_ops);
CREATE INDEX documents_bits ON documents USING hnsw ((binary_quantize(embedding)::bit(3072)) bit_hamming_ops);
CREATE INDEX documents_first ON documents USING hnsw ((subvector(embedding, 1, 512)::vector(512)) vector_l2_ops);
CREATE INDEX documents_some ON documents USING ivfflat (small vector_l2_ops) WHERE id > 10;
-- Said once, of the partitioned table.
CREATE TABLE parts (id bigint, embedding vector(3)) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE INDEX parts_embedding ON parts USING hnsw (embedding vector_l2_ops);
-- By way of a generated column, and of the whole row.
CREATE TABLE derived (id bigint PRIMARY KEY, embedding vector(3), g halfvec(3) GENERATED ALWAYS AS (embedding::halfvec(3)) STORED);
CREATE INDEX derived_g ON derived USING hnsw (g halfvec_l2_ops);
CREATE TABLE whole (id bigint PRIMARY KEY, embedding vector(3));
CREATE FUNCTION rowvec(whole) RETURNS vector LANGUAGE sql IMMUTABLE AS 'SELECT $1.embedding';
CREATE INDEX whole_row ON whole USING hnsw ((rowvec(whole)::vector(3)) vector_l2_ops);
CREATE MATERIALIZED VIEW seen AS SELECT id, embedding FROM whole;
CREATE INDEX seen_embedding ON seen USING hnsw (embedding vector_l2_ops);
