-- What:  removes rows of documents_search and documents_signs whose document is gone, or has no embedding any more.
-- Why:   a batch of V27 or V28 that has read a document writes its row also if the document is deleted in the same
--        moment, after the delete has found no row to take along. Since then V29 has waited for every transaction that
--        could do that, so that none comes later. Each stray is locked, looked at again, and only then deleted: its
--        document may have come back meanwhile.
-- Locks: ROW EXCLUSIVE on both tables, ACCESS SHARE on documents; the strays until commit. Two joins by key; as a rule
--        it finds none.
-- Data:  deletes only rows that have no document. No document is changed. A second run finds nothing.
-- pgrefit:changes documents_search, documents_signs
DO $$
DECLARE
    stray uuid;
BEGIN
    FOR stray IN
        SELECT id FROM documents_search AS s
        WHERE NOT EXISTS (SELECT FROM documents AS d WHERE d.id = s.id)
    LOOP
        PERFORM FROM documents_search WHERE id = stray FOR UPDATE;
        DELETE FROM documents_search WHERE id = stray
            AND NOT EXISTS (SELECT FROM documents WHERE documents.id = stray);
    END LOOP;
    FOR stray IN
        SELECT id FROM documents_signs AS s
        WHERE NOT EXISTS (SELECT FROM documents AS d WHERE d.id = s.id AND d.embedding IS NOT NULL)
    LOOP
        PERFORM FROM documents_signs WHERE id = stray FOR UPDATE;
        DELETE FROM documents_signs WHERE id = stray
            AND NOT EXISTS (SELECT FROM documents WHERE documents.id = stray AND documents.embedding IS NOT NULL);
    END LOOP;
END
$$;
