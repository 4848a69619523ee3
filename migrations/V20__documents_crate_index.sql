-- What:  an index on the crate that a document's metadata names, where it names one, with kind and time.
-- Why:   "the newest document of this crate", "how many has it", "delete it" read every document of the kind `rust`, and
--        the metadata of each, to find the few of one crate (docs/schema.md, R15 and R16). Together with V15 also for
--        "the crate's name or the source's name is …": a bitmap of both indexes. With created_at, because for the newest
--        one the planner else goes backwards through all of the kind (measured: 8,600 pages in place of 4). Not for the
--        kind `rust` alone: the application may bind the kind as a parameter, and such an index would not be used then.
-- Locks: SHARE UPDATE EXCLUSIVE on documents: readers and writers go on. The build waits for every transaction that
--        is older than itself. Interrupted, it leaves an INVALID index, which the next run drops and builds again.
-- Data:  none. The name of a crate of more than 2,600 bytes could not be stored any more.
CREATE INDEX CONCURRENTLY idx_documents_crate ON documents ((metadata ->> 'crate_name'), doc_type, created_at)
    WHERE (metadata ->> 'crate_name') IS NOT NULL;
