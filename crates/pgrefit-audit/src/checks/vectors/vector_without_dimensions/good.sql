-- needs vector
CREATE EXTENSION vector;
CREATE DOMAIN embedding AS vector(3);
CREATE TABLE documents (
    id bigint PRIMARY KEY,
    embedding vector(3),
    other embedding,
    checked vector CHECK (vector_dims(checked) = 4)
);
-- Of several models, each with its index.
CREATE TABLE items (id bigint PRIMARY KEY, model int NOT NULL, embedding vector);
CREATE INDEX ON items USING hnsw ((embedding::vector(3)) vector_l2_ops) WHERE model = 1;
