-- What:  the full-text index.
-- Why:   after the rows (V27): to build it once costs a fifth of what it costs to add each row to it. New rows wait in
--        its pending list, at most 4 MB, before they are sorted in: written at once they cost three times as much.
-- Locks: SHARE UPDATE EXCLUSIVE on documents_search: readers and writers go on. The build waits for every transaction
--        that is older than itself. Interrupted, it leaves an INVALID index, which the next run drops and builds again.
-- Data:  none.
CREATE INDEX CONCURRENTLY idx_documents_search_words ON documents_search USING gin (words);
