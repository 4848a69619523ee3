-- Indexes on embeddings, in every form that the server takes. The form of the expectations is that of `traps.sql`, and
-- they are complete, too. Needs pgvector 0.7 or later.

CREATE EXTENSION IF NOT EXISTS vector;
CREATE SCHEMA vec;

-- expect-not: vector-index-present vec.unindexed
CREATE TABLE vec.unindexed (id bigint PRIMARY KEY, title text, embedding vector(3072));
CREATE INDEX ON vec.unindexed (title);

-- Depends on the embedding, and is no index on it.
-- expect-not: vector-index-present vec.embedded
CREATE TABLE vec.embedded (id bigint PRIMARY KEY, title text, embedding vector(3072));
CREATE INDEX ON vec.embedded (title) WHERE embedding IS NOT NULL;
CREATE INDEX ON vec.embedded (vector_dims(embedding));

-- expect: vector-index-present vec.plain_hnsw
CREATE TABLE vec.plain (id bigint PRIMARY KEY, embedding vector(384));
CREATE INDEX plain_hnsw ON vec.plain USING hnsw (embedding vector_cosine_ops);

-- expect: vector-index-present vec.half_column_hnsw
CREATE TABLE vec.half (id bigint PRIMARY KEY, embedding halfvec(3072));
CREATE INDEX half_column_hnsw ON vec.half USING hnsw (embedding halfvec_l2_ops);

-- expect: vector-index-present vec.as_half_hnsw
CREATE TABLE vec.as_half (id bigint PRIMARY KEY, embedding vector(3072));
CREATE INDEX as_half_hnsw ON vec.as_half USING hnsw ((embedding::halfvec(3072)) halfvec_cosine_ops);

-- expect: vector-index-present vec.lists_ivfflat
CREATE TABLE vec.lists (id bigint PRIMARY KEY, embedding vector(3072));
CREATE INDEX lists_ivfflat ON vec.lists USING ivfflat ((embedding::halfvec(3072)) halfvec_l2_ops) WITH (lists = 1);

-- expect: vector-index-present vec.bits_hnsw
CREATE TABLE vec.bits (id bigint PRIMARY KEY, embedding vector(3072));
CREATE INDEX bits_hnsw ON vec.bits USING hnsw ((binary_quantize(embedding)::bit(3072)) bit_hamming_ops);

-- expect: vector-index-present vec.head_hnsw
CREATE TABLE vec.head (id bigint PRIMARY KEY, embedding vector(3072));
CREATE INDEX head_hnsw ON vec.head USING hnsw ((subvector(embedding, 1, 512)::vector(512)) vector_l2_ops);

-- expect: vector-index-present vec.partial_hnsw
CREATE TABLE vec.partial (id bigint PRIMARY KEY, lang text, embedding vector(3072));
CREATE INDEX partial_hnsw ON vec.partial
    USING hnsw ((embedding::halfvec(3072)) halfvec_cosine_ops) WHERE lang = 'en';

-- expect: vector-index-present vec."Documents_Embedding"
CREATE TABLE vec."Documents" (id bigint PRIMARY KEY, "Embedding" vector(3072));
CREATE INDEX "Documents_Embedding" ON vec."Documents"
    USING hnsw (("Embedding"::halfvec(3072)) halfvec_ip_ops);

-- expect: vector-index-present vec.parted_hnsw
-- expect-not: vector-index-present vec.parted_1
CREATE TABLE vec.parted (id bigint PRIMARY KEY, embedding vector(3072)) PARTITION BY RANGE (id);
CREATE TABLE vec.parted_1 PARTITION OF vec.parted FOR VALUES FROM (0) TO (10);
CREATE INDEX parted_hnsw ON vec.parted USING hnsw ((embedding::halfvec(3072)) halfvec_l2_ops);

-- As a build leaves it that failed: no search uses it, and every write still pays for it.
-- expect: vector-index-present vec.leftover_hnsw
-- expect: invalid-index vec.leftover_hnsw
CREATE TABLE vec.leftover (id bigint PRIMARY KEY, embedding vector(3072));
CREATE INDEX leftover_hnsw ON vec.leftover USING hnsw ((embedding::halfvec(3072)) halfvec_cosine_ops);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'vec.leftover_hnsw'::regclass;
