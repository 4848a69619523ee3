-- Builds its index while everybody waits.
ALTER TABLE documents ADD CONSTRAINT documents_path_key UNIQUE (doc_type, source_name, doc_path);
