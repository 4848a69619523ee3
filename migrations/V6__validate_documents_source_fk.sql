-- What:  proves that every document has its source; the foreign key then holds for all rows.
-- Why:   apart from V4, because a transaction that adds and validates a key holds the lock of the first through the
--        scan of the second.
-- Locks: SHARE UPDATE EXCLUSIVE on documents, ROW SHARE on document_sources: readers and writers go on; only other
--        schema changes and VACUUM wait. One join of the two tables: 0.1 s for 100,000 documents.
-- Data:  none.
ALTER TABLE documents VALIDATE CONSTRAINT fk_documents_source;
