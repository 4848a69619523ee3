ALTER TABLE documents DROP COLUMN legacy_tags;
