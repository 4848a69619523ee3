-- Readers and writers go on.
ALTER TABLE documents VALIDATE CONSTRAINT fk_documents_source;
