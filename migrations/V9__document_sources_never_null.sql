-- What:  new and changed rows of document_sources must have a value in the columns that are never NULL.
-- Why:   a CHECK that is validated (V11) lets SET NOT NULL skip its scan, which it would do under ACCESS EXCLUSIVE.
--        One check for all the columns costs one scan.
-- Locks: ACCESS EXCLUSIVE on document_sources, for milliseconds at any size: NOT VALID reads no row.
-- Data:  none.
ALTER TABLE document_sources
    ADD CONSTRAINT document_sources_never_null CHECK (
        config IS NOT NULL
        AND enabled IS NOT NULL
        AND last_updated IS NOT NULL
        AND total_docs IS NOT NULL
        AND total_tokens IS NOT NULL
        AND created_at IS NOT NULL
        AND updated_at IS NOT NULL
    ) NOT VALID;
