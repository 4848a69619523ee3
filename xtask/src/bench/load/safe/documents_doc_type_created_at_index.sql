-- Waits for every transaction that is older, and nobody waits for it.
CREATE INDEX CONCURRENTLY idx_documents_doc_type_created_at_id ON documents (doc_type, created_at, id);
