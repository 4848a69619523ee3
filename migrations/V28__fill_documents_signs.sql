-- What:  the signs of the embeddings that were there before the triggers of V26.
-- Why:   as V27.
-- Locks: ROW EXCLUSIVE on documents_signs, ACCESS SHARE on documents: nobody waits but who changes a document of the
--        batch that is being written, for its length.
-- Data:  inserts a row for each embedding that has none. No document is changed.
-- pgrefit:changes documents_signs
-- pgrefit:backfill
INSERT INTO documents_signs (id, doc_type, source_name, signs)
SELECT id, doc_type, source_name, embedding_signs(embedding)
FROM documents
WHERE embedding IS NOT NULL
ON CONFLICT (id) DO NOTHING;
