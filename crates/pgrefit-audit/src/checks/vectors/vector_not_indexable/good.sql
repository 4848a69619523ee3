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
-- Each partition has an index, though the partitioned table has none; the columns are in another order.
CREATE TABLE parts (id bigint, embedding vector(3072)) PARTITION BY RANGE (id);
CREATE TABLE parts_1 (embedding vector(3072), id bigint);
ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES FROM (0) TO (100);
CREATE INDEX ON parts_1 USING hnsw ((embedding::halfvec(3072)) halfvec_l2_ops);
