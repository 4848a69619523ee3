-- What:  drops three indexes that are the leading columns of another index.
-- Why:   each costs space and work at every write, and answers nothing that its successor does not:
--        idx_documents_source_name        → idx_documents_source_name_created_at (V15)
--        idx_documents_created_at         → idx_documents_created_at_id (V17)
--        idx_document_sources_doc_type    → the unique key (doc_type, source_name)
--        Kept: idx_documents_doc_type. It is a prefix too, but its deduplicated entries make it a seventh of the
--        size of its successor, and counts by kind, which read all of it, are twice as fast through it.
-- Locks: SHARE UPDATE EXCLUSIVE on documents and document_sources: readers and writers go on. Each waits for the
--        transactions that may still use the index.
-- Data:  none. To take it back: CREATE INDEX CONCURRENTLY with the name and the column.
DROP INDEX CONCURRENTLY IF EXISTS idx_documents_source_name;
DROP INDEX CONCURRENTLY IF EXISTS idx_documents_created_at;
DROP INDEX CONCURRENTLY IF EXISTS idx_document_sources_doc_type;
