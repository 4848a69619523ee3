-- What:  the never-NULL columns of crate_jobs become NOT NULL; the CHECK that proved it goes.
-- Why:   NOT NULL is what the planner, the drivers and a reader of the schema look for.
-- Locks: ACCESS EXCLUSIVE on crate_jobs, for milliseconds at any size: PostgreSQL 12 and later take the validated
--        check as proof and do not scan the table.
-- Data:  none.
ALTER TABLE crate_jobs
    ALTER COLUMN status SET NOT NULL,
    ALTER COLUMN started_at SET NOT NULL,
    ALTER COLUMN created_at SET NOT NULL,
    ALTER COLUMN updated_at SET NOT NULL;
ALTER TABLE crate_jobs DROP CONSTRAINT IF EXISTS crate_jobs_never_null;
