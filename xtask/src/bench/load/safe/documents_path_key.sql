-- The index is there already.
ALTER TABLE documents ADD CONSTRAINT documents_path_key UNIQUE USING INDEX documents_path_key;
