-- needs vector
CREATE EXTENSION vector;
CREATE TABLE documents (
    id bigint PRIMARY KEY,
    embedding vector(3072),
    small vector(2000),
    half halfvec(4000),
    sparse sparsevec(100000)
);
CREATE INDEX ON documents USING hnsw ((embedding::halfvec(3072)) halfvec_cosine_ops);
