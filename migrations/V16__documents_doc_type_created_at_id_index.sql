-- What:  an index on documents (doc_type, created_at, id): keyset pages of one kind of document.
-- Why:   `WHERE doc_type = … AND (created_at, id) < (…, …) ORDER BY created_at DESC, id DESC LIMIT n` reads n rows
--        from it, however deep the page; OFFSET reads all rows before the page, and no limit at all reads the whole
--        kind.
-- Locks: SHARE on documents: readers go on, writers wait while it is built: 0.2 s for 100,000 documents. One index
--        per file, so that writers get their turn between two builds.
-- Data:  none.
-- No IF NOT EXISTS: it would take the INVALID leftover of a failed build for the index.
CREATE INDEX idx_documents_doc_type_created_at_id ON documents (doc_type, created_at, id);
