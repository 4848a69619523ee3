-- The text of the corpus, to be cut anew: every document joined with its neighbour.
CREATE SCHEMA bench;
CREATE UNLOGGED TABLE bench.text (n int PRIMARY KEY, source text, path text, content text, metadata jsonb, size int);
ALTER TABLE bench.text ALTER COLUMN content SET STORAGE EXTERNAL;
INSERT INTO bench.text
SELECT row_number() OVER (ORDER BY id) - 1, source_name, doc_path,
    content || E'\n' || lead(content, 1, '') OVER (ORDER BY id) || E'\n' || lead(content, 2, '') OVER (ORDER BY id), metadata
FROM documents;
UPDATE bench.text SET size = length(content);
VACUUM ANALYZE bench.text;
TRUNCATE documents, document_sources;
