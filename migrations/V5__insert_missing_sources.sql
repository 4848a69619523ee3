-- What:  a row in document_sources for every (doc_type, source_name) that documents use and no source describes.
-- Why:   the foreign key can be validated only when no document is an orphan. Since V4 no new one can appear.
-- Locks: ROW EXCLUSIVE on document_sources, ACCESS SHARE on documents: nobody waits. One scan of documents.
-- Data:  inserts the missing sources, marked `{"auto_created": true}` as the application marks its own, enabled
--        (their documents are being served), with the counts of the documents found and no version. No document is
--        changed or deleted. A second run inserts nothing.
-- pgrefit:changes document_sources
INSERT INTO document_sources (doc_type, source_name, config, total_docs, total_tokens)
SELECT
    doc_type,
    source_name,
    '{"auto_created": true}',
    count(*),
    -- The column is an integer: a source beyond its range is recorded at its limit and does not stop the migration.
    least(coalesce(sum(token_count), 0), 2147483647)
FROM documents
WHERE NOT EXISTS (
    SELECT FROM document_sources
    WHERE document_sources.doc_type = documents.doc_type
      AND document_sources.source_name = documents.source_name
)
GROUP BY doc_type, source_name
ON CONFLICT (doc_type, source_name) DO NOTHING;
