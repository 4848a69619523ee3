-- What:  an index on the crate that a document's metadata names, and its version, where it names one.
-- Why:   "which versions of this crate are there", "how many documents has it", "delete it" read every document of
--        the kind `rust`, and the metadata of each, to find the few of one crate (docs/schema.md, R15 and R16).
--        Together with V15 also for "the crate's name or the source's name is …": a bitmap of both indexes.
--        Without `doc_type`: the application binds the kind as a parameter, and an index for `rust` alone would not
--        be used then. Equal entries are stored once, so that it is small.
-- Locks: SHARE UPDATE EXCLUSIVE on documents: readers and writers go on. The build waits for every transaction that
--        is older than itself. Interrupted, it leaves an INVALID index, which the next run drops and builds again.
-- Data:  none. A name and version of together more than 2,700 bytes could not be stored any more.
CREATE INDEX CONCURRENTLY idx_documents_crate ON documents ((metadata ->> 'crate_name'), (metadata ->> 'crate_version'))
    WHERE (metadata ->> 'crate_name') IS NOT NULL;
