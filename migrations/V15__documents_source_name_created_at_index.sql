-- What:  an index on documents (source_name, created_at): the newest documents of one source.
-- Why:   without it, all documents of the source are read and sorted for a page of the newest.
-- Locks: SHARE UPDATE EXCLUSIVE on documents: readers and writers go on. The build waits for every transaction that
--        is older than itself. Interrupted, it leaves an INVALID index, which the next run drops and builds again.
-- Data:  none.
CREATE INDEX CONCURRENTLY idx_documents_source_name_created_at ON documents (source_name, created_at);
