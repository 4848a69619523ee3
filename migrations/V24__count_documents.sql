-- What:  counts the documents that were there before the triggers of V23.
-- Why:   one statement sees one snapshot: what documents has in it, less what the triggers have counted in it, is what
--        is still to be counted, whoever writes meanwhile. So nobody is kept out, and a second run adds nothing. The
--        same statement puts the counts right if triggers were ever switched off.
-- Locks: ROW EXCLUSIVE on document_counts, ACCESS SHARE on documents: nobody waits. One scan of documents (measured:
--        docs/schema.md).
-- Data:  inserts the counts. No document is changed.
-- pgrefit:changes document_counts
INSERT INTO document_counts
SELECT sum(documents), sum(embedded), sum(tokens), sum(characters), doc_type, source_name, crate_name, crate_version
FROM (
    SELECT count(*), count(embedding), coalesce(sum(token_count), 0), sum(length(content)),
        doc_type, source_name, metadata ->> 'crate_name', metadata ->> 'crate_version'
    FROM documents
    GROUP BY 5, 6, 7, 8
    UNION ALL
    SELECT -documents, -embedded, -tokens, -characters, doc_type, source_name, crate_name, crate_version
    FROM document_counts
) AS uncounted (documents, embedded, tokens, characters, doc_type, source_name, crate_name, crate_version)
GROUP BY 5, 6, 7, 8
HAVING sum(documents) <> 0 OR sum(embedded) <> 0 OR sum(tokens) <> 0 OR sum(characters) <> 0;
