-- What:  an index on documents (doc_type, created_at, id): keyset pages of one kind of document.
-- Why:   `WHERE doc_type = … AND (created_at, id) < (…, …) ORDER BY created_at DESC, id DESC LIMIT n` reads n rows
--        from it, however deep the page; OFFSET reads all rows before the page, and no limit at all reads the whole
--        kind.
-- Locks: SHARE UPDATE EXCLUSIVE on documents: readers and writers go on. The build waits for every transaction that
--        is older than itself. Interrupted, it leaves an INVALID index, which the next run drops and builds again.
-- Data:  none.
CREATE INDEX CONCURRENTLY idx_documents_doc_type_created_at_id ON documents (doc_type, created_at, id);
