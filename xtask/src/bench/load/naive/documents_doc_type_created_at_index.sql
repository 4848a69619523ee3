-- Writers wait while it is built.
CREATE INDEX idx_documents_doc_type_created_at_id ON documents (doc_type, created_at, id);
