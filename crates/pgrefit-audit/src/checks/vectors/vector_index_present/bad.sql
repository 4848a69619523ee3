-- needs vector
-- finds public.documents_plain
-- finds public.documents_halfvec
-- finds public.documents_bits
-- finds public.documents_first
-- finds public.documents_some
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, small vector(3), embedding vector(3072));
CREATE INDEX documents_plain ON documents USING hnsw (small vector_l2_ops);
CREATE INDEX documents_halfvec ON documents USING hnsw ((embedding::halfvec(3072)) halfvec_cosine_ops);
CREATE INDEX documents_bits ON documents USING hnsw ((binary_quantize(embedding)::bit(3072)) bit_hamming_ops);
CREATE INDEX documents_first ON documents USING hnsw ((subvector(embedding, 1, 512)::vector(512)) vector_l2_ops);
CREATE INDEX documents_some ON documents USING ivfflat (small vector_l2_ops) WHERE id > 10;
