-- What:  the words of the documents that were there before the triggers of V25.
-- Why:   apart from V25, in batches: its lock is long gone. A row that a writer has changed since is there already, with
--        the newer words, and stays. One whose document was deleted in the same moment goes in V30.
-- Locks: ROW EXCLUSIVE on documents_search, ACCESS SHARE on documents: nobody waits but who changes a document of the
--        batch that is being written, for its length.
-- Data:  inserts a row for each document that has none. No document is changed.
-- pgrefit:changes documents_search
-- pgrefit:backfill
INSERT INTO documents_search (id, created_at, words)
SELECT id, created_at, document_words(doc_type, source_name, doc_path, metadata, content)
FROM documents
ON CONFLICT (id) DO NOTHING;
