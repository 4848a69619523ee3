-- For new rows only; no row is read.
ALTER TABLE documents
    ADD CONSTRAINT fk_documents_source
    FOREIGN KEY (doc_type, source_name) REFERENCES document_sources (doc_type, source_name)
    NOT VALID;
