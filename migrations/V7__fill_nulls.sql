-- What:  gives a value to each NULL in the columns that the application never leaves NULL.
-- Why:   they become NOT NULL in V8 … V14. The application reads them as values and fails on a NULL. Repaired
--        before the checks of V8 … V10 exist, because a check, even NOT VALID, refuses any update of a row that
--        breaks it.
-- Locks: ROW EXCLUSIVE on the three tables, and the repaired rows until commit. One scan of each table.
-- Data:  rows that hold a NULL get the column's default, with three exceptions where the default would say
--        something untrue: an unknown creation or start time becomes the nearest time the row knows of, a source
--        with `enabled` NULL stays switched off (every query has read NULL as false), a job with `status` NULL
--        becomes cancelled, so that it cannot start. Triggers set `updated_at` of the repaired documents and
--        sources to now. Other rows are not touched; a second run changes nothing.
-- pgrefit:changes documents, document_sources, crate_jobs
-- pgrefit:allow unbatched-change rows with a NULL are few: the application writes none
UPDATE documents SET
    metadata = coalesce(metadata, '{}'),
    created_at = coalesce(created_at, updated_at, current_timestamp),
    updated_at = coalesce(updated_at, current_timestamp)
WHERE metadata IS NULL OR created_at IS NULL OR updated_at IS NULL;

-- pgrefit:allow unbatched-change rows with a NULL are few: the application writes none
UPDATE document_sources SET
    config = coalesce(config, '{}'),
    enabled = coalesce(enabled, false),
    last_updated = coalesce(last_updated, updated_at, current_timestamp),
    total_docs = coalesce(total_docs, 0),
    total_tokens = coalesce(total_tokens, 0),
    created_at = coalesce(created_at, updated_at, current_timestamp),
    updated_at = coalesce(updated_at, current_timestamp)
WHERE config IS NULL OR enabled IS NULL OR last_updated IS NULL OR total_docs IS NULL
    OR total_tokens IS NULL OR created_at IS NULL OR updated_at IS NULL;

-- pgrefit:allow unbatched-change rows with a NULL are few: the application writes none
UPDATE crate_jobs SET
    status = coalesce(status, 'cancelled'),
    started_at = coalesce(started_at, created_at, current_timestamp),
    created_at = coalesce(created_at, started_at, current_timestamp),
    updated_at = coalesce(updated_at, current_timestamp)
WHERE status IS NULL OR started_at IS NULL OR created_at IS NULL OR updated_at IS NULL;
