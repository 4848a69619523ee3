-- What:  the never-NULL columns of document_sources become NOT NULL; the CHECK that proved it goes.
-- Why:   NOT NULL is what the planner, the drivers and a reader of the schema look for.
-- Locks: ACCESS EXCLUSIVE on document_sources, for milliseconds at any size: PostgreSQL 12 and later take the
--        validated check as proof and do not scan the table.
-- Data:  none.
ALTER TABLE document_sources
    ALTER COLUMN config SET NOT NULL,
    ALTER COLUMN enabled SET NOT NULL,
    ALTER COLUMN last_updated SET NOT NULL,
    ALTER COLUMN total_docs SET NOT NULL,
    ALTER COLUMN total_tokens SET NOT NULL,
    ALTER COLUMN created_at SET NOT NULL,
    ALTER COLUMN updated_at SET NOT NULL;
ALTER TABLE document_sources DROP CONSTRAINT IF EXISTS document_sources_never_null;
