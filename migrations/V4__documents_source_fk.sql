-- What:  the foreign key documents (doc_type, source_name) → document_sources, for new rows only (NOT VALID), and a
--        trigger that creates the missing source of a new document.
-- Why:   orphans exist: documents whose source row is missing. The key comes before the repair (V5), so that no
--        orphan can be written or made while the repair runs, and is validated last (V6). Some writers store a
--        document first and its source later; the trigger keeps them working, with the row that the application
--        itself writes for such a source (`{"auto_created": true}`). Drop the trigger when every writer creates the
--        source first. No ON DELETE action: deleting a source that still has documents is refused, never passed on
--        to the documents.
-- Locks: SHARE ROW EXCLUSIVE on documents and document_sources: readers go on, writers wait. Milliseconds at any
--        size, for no row is read. The unique key of documents begins with both columns and serves as the key's
--        index.
-- Data:  none.
CREATE OR REPLACE FUNCTION ensure_document_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM document_sources WHERE doc_type = NEW.doc_type AND source_name = NEW.source_name
    ) THEN
        INSERT INTO document_sources (doc_type, source_name, config)
        VALUES (NEW.doc_type, NEW.source_name, '{"auto_created": true}')
        ON CONFLICT (doc_type, source_name) DO NOTHING;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER documents_ensure_source
    BEFORE INSERT OR UPDATE OF doc_type, source_name ON documents
    FOR EACH ROW EXECUTE FUNCTION ensure_document_source();

ALTER TABLE documents
    ADD CONSTRAINT fk_documents_source
    FOREIGN KEY (doc_type, source_name) REFERENCES document_sources (doc_type, source_name)
    NOT VALID;
