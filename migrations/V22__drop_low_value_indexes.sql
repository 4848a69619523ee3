-- What:  drops three indexes that answer no query of the application.
-- Why:   each costs space and work at every write:
--        idx_documents_updated_at                nothing filters or sorts by it, and every update of a document
--                                                writes to it: without it an update that changes no indexed column
--                                                can stay on its page (HOT)
--        idx_document_sources_enabled            two values: at best half of the table is read through it
--        idx_document_sources_last_updated       nothing filters or sorts by it
-- Locks: SHARE UPDATE EXCLUSIVE on documents and document_sources: readers and writers go on. Each waits for the
--        transactions that may still use the index.
-- Data:  none. To take it back: CREATE INDEX CONCURRENTLY with the name and the column.
DROP INDEX CONCURRENTLY IF EXISTS idx_documents_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS idx_document_sources_enabled;
DROP INDEX CONCURRENTLY IF EXISTS idx_document_sources_last_updated;
