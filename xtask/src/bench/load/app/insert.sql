\set source random(0, 199)
\set tokens random(1, 5000)
INSERT INTO documents (doc_type, source_name, doc_path, content, token_count)
SELECT doc_type, source_name, 'new/' || gen_random_uuid(), repeat(md5(random()::text), 6), :tokens::integer
FROM document_sources WHERE source_name = 'source-' || :source::text;
