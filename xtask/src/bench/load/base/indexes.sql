-- What:  the Doc Server's indexes and its trigger.
-- Why:   apart from the tables, so that the rows are loaded first: faster, and the indexes are dense.
CREATE INDEX idx_documents_doc_type ON documents (doc_type);
CREATE INDEX idx_documents_updated_at ON documents (updated_at);
CREATE INDEX idx_documents_source_name_created_at ON documents (source_name, created_at);
CREATE INDEX idx_documents_created_at_id ON documents (created_at, id);

CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = current_timestamp;
    RETURN NEW;
END
$$;
CREATE TRIGGER update_documents_updated_at BEFORE UPDATE ON documents
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
