-- Dense embeddings with a meaning: the sum of a random vector for each word of the text, weighted by how rare the word is.
-- That is a random projection of the bag of words: the angles between texts are kept, as those of a model would be.
CREATE UNLOGGED TABLE bench.word AS
SELECT word, ln(:embedded::float8 / count(*)) AS weight
FROM documents, unnest(tsvector_to_array(to_tsvector('english', content))) AS word
WHERE doc_type = 'raydium' GROUP BY word HAVING count(*) BETWEEN 3 AND :embedded / 4;
SELECT setseed(0.42);
CREATE UNLOGGED TABLE bench.word_vector AS
SELECT word, weight, (SELECT array_agg((random() - 0.5 + 0 * i) * weight) FROM generate_series(1, 3072) AS i)::vector(3072) AS direction
FROM bench.word;
CREATE UNIQUE INDEX ON bench.word_vector (word);
ANALYZE bench.word_vector;
SET work_mem = '256MB';
UPDATE documents SET embedding = made.embedding
FROM (
    SELECT id, l2_normalize(sum(direction))::vector(3072) AS embedding
    FROM documents, unnest(tsvector_to_array(to_tsvector('english', content))) AS word JOIN bench.word_vector USING (word)
    WHERE doc_type = 'raydium' GROUP BY id
) AS made
WHERE made.id = documents.id;
DROP TABLE bench.word_vector;
VACUUM ANALYZE documents;
ANALYZE document_sources;
-- What the queries ask for; chosen before anything is measured.
CREATE FUNCTION bench.vector_of(wanted uuid) RETURNS vector LANGUAGE sql STABLE AS 'SELECT embedding FROM public.documents WHERE id = wanted';
CREATE TABLE bench.sample AS
SELECT id, doc_type::text, source_name, doc_path, created_at, metadata->>'ingestion_job_id' AS job,
    CASE doc_type::text WHEN 'rust' THEN source_name END AS crate
FROM documents TABLESAMPLE system (1) REPEATABLE (42);
CREATE TABLE bench.wanted AS SELECT id, source_name FROM documents WHERE doc_type = 'raydium' AND embedding IS NOT NULL ORDER BY md5(id::text) LIMIT 400;
-- How many documents of the kind `rust` have a word: rare 5 to 60 of 350,000, medium 1,000 to 10,000, common 35,000 and more.
CREATE TABLE bench.term AS
WITH sampled AS MATERIALIZED (
    SELECT content FROM documents TABLESAMPLE system (10) REPEATABLE (7) WHERE doc_type = 'rust' LIMIT 20000
), counted AS (
    SELECT word, count(*)::float8 / (SELECT count(*) FROM sampled) AS share
    FROM sampled, unnest(tsvector_to_array(to_tsvector('english', content))) AS word WHERE word ~ '^[a-z]{4,12}$' GROUP BY word
), classed AS (
    SELECT word, share, CASE WHEN share <= greatest(0.0002, (SELECT 1.0 / count(*) FROM sampled)) THEN 'rare' WHEN share BETWEEN 0.003 AND 0.03 THEN 'medium'
        WHEN share > 0.1 THEN 'common' END AS class
    FROM counted
)
SELECT class, word, share, row_number() OVER (PARTITION BY class ORDER BY md5(word)) AS n FROM classed WHERE class IS NOT NULL;
