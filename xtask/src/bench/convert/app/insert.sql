\set source random(0, 199)
INSERT INTO documents (doc_type, source_name, doc_path, content)
SELECT doc_type, source_name, 'new/' || gen_random_uuid(), repeat(md5(random()::text), 6)
FROM document_sources WHERE source_name = 'source-' || :source::text;
