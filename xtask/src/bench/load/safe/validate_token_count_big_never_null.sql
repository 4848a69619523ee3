-- Readers and writers go on.
ALTER TABLE documents VALIDATE CONSTRAINT documents_token_count_big_never_null;
