-- What:  the never-NULL columns of documents become NOT NULL; the CHECK that proved it goes.
-- Why:   NOT NULL is what the planner, the drivers and a reader of the schema look for.
-- Locks: ACCESS EXCLUSIVE on documents, for milliseconds at any size: PostgreSQL 12 and later take the validated
--        check as proof and do not scan the table.
-- Data:  none.
ALTER TABLE documents
    ALTER COLUMN metadata SET NOT NULL,
    ALTER COLUMN created_at SET NOT NULL,
    ALTER COLUMN updated_at SET NOT NULL;
ALTER TABLE documents DROP CONSTRAINT IF EXISTS documents_never_null;
