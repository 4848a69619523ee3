-- The index of the key; nobody waits for it.
CREATE UNIQUE INDEX CONCURRENTLY documents_path_key ON documents (doc_type, source_name, doc_path);
