-- The new column takes the name of the old one. Nothing is scanned or written: the catalog only.
ALTER TABLE documents ALTER COLUMN token_count_big SET NOT NULL;
ALTER TABLE documents DROP CONSTRAINT documents_token_count_big_never_null;
DROP TRIGGER documents_copy_token_count ON documents;
DROP FUNCTION copy_token_count();
ALTER TABLE documents DROP COLUMN token_count;
ALTER TABLE documents RENAME COLUMN token_count_big TO token_count;
