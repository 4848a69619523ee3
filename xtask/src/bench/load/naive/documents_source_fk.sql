-- Scans documents while its writers wait.
ALTER TABLE documents
    ADD CONSTRAINT fk_documents_source
    FOREIGN KEY (doc_type, source_name) REFERENCES document_sources (doc_type, source_name);
