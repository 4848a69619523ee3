-- What:  an index on documents (source_name, created_at): the newest documents of one source.
-- Why:   without it, all documents of the source are read and sorted for a page of the newest.
-- Locks: SHARE on documents: readers go on, writers wait while it is built: 0.2 s for 100,000 documents. One index
--        per file, so that writers get their turn between two builds.
-- Data:  none.
-- No IF NOT EXISTS: it would take the INVALID leftover of a failed build for the index.
CREATE INDEX idx_documents_source_name_created_at ON documents (source_name, created_at);
