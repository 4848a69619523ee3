-- Documents with embeddings, and rows of the everyday kind: about 2 GB for 100,000 documents.
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE documents (
    id bigint PRIMARY KEY,
    title text NOT NULL,
    body text NOT NULL,
    embedding vector(3072)
);
-- Vectors are made from a few random ones: random numbers take longer than all that is measured.
CREATE TEMPORARY TABLE seeds AS
SELECT n, (SELECT array_agg(random()::real - 0.5) FROM generate_series(1, 3072) WHERE n > 0)::vector(3072) AS embedding
FROM generate_series(0, 199) AS n;
UPDATE seeds SET embedding = (SELECT array_agg(random()::real - 0.5) FROM generate_series(1, 3072))::vector(3072) WHERE n = 0;
INSERT INTO documents
SELECT d, 'Document ' || d,
       (SELECT string_agg(md5(d::text || w::text) || ' and "more" of it, ', '') FROM generate_series(1, 90) AS w),
       seeds.embedding
FROM generate_series(1, :documents) AS d
JOIN seeds ON seeds.n = d % 200;
CREATE TABLE events (
    id bigint PRIMARY KEY,
    document bigint NOT NULL REFERENCES documents,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    amount numeric(12, 2),
    seen boolean NOT NULL
);
INSERT INTO events
SELECT e, e % :documents + 1, 'kind ' || e % 17, '2024-01-01 00:00+00'::timestamptz + e * interval '1 second',
       CASE WHEN e % 5 > 0 THEN e / 7.0 END, e % 3 = 0
FROM generate_series(1, 12 * :documents) AS e;
CREATE INDEX ON events (document, at);
VACUUM ANALYZE documents, events;
CHECKPOINT;
