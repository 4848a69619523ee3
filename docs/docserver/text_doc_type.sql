-- Turns `legacy.sql` (with or without documents) into the newer shape found in production: the application has already
-- changed `doc_type` from enum to text, and left the enum type behind. Installations without the type exist as well:
-- add `DROP TYPE doc_type;` to get one.
DROP VIEW rust_documents, active_sources;
ALTER TABLE documents ALTER COLUMN doc_type TYPE text USING doc_type::text;
ALTER TABLE document_sources ALTER COLUMN doc_type TYPE text USING doc_type::text;
CREATE VIEW rust_documents AS SELECT * FROM documents WHERE doc_type = 'rust';
CREATE VIEW active_sources AS SELECT * FROM document_sources WHERE enabled;
