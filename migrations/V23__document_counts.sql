-- What:  the table document_counts, the triggers of documents that write it, and the view source_stats that reads it:
--        how many documents, embeddings, tokens and characters each source and each crate version has.
-- Why:   every count and statistic of the application read all documents (docs/schema.md, R08 to R14).
--        A statement adds the change that it makes as new rows, a row for each source it touches; the sum of the rows
--        is the count, in every snapshot. No row is ever updated, so that two writers of one source do not wait for
--        each other and cannot deadlock. One statement in 16 folds the rows of its sources into one; rows that
--        another transaction is folding are skipped. What was there before is counted in V24.
--        The functions run with the rights of their owner, so that nobody who may write documents needs new rights,
--        and look for names in the schema of the table and nowhere else.
-- Locks: SHARE ROW EXCLUSIVE on documents: readers go on, writers wait. Milliseconds at any size.
-- Data:  none.
CREATE TABLE document_counts (
    documents bigint NOT NULL,
    embedded bigint NOT NULL,
    tokens bigint NOT NULL,
    characters bigint NOT NULL,
    doc_type text NOT NULL,
    source_name text NOT NULL,
    crate_name text,
    crate_version text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1);

CREATE INDEX idx_document_counts_source ON document_counts (doc_type, source_name);

CREATE VIEW source_stats AS
SELECT
    doc_type,
    source_name,
    sum(documents)::bigint AS documents,
    sum(embedded)::bigint AS embedded,
    sum(tokens)::bigint AS tokens,
    sum(characters)::bigint AS characters
FROM document_counts
GROUP BY doc_type, source_name
HAVING sum(documents) <> 0;

CREATE FUNCTION fold_document_counts(doc_types text[], source_names text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- A row that was folded after a snapshot of REPEATABLE READ would be an error there.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RETURN;
    END IF;
    WITH picked AS (
        SELECT counts.ctid AS place
        FROM unnest(doc_types, source_names) AS touched (doc_type, source_name)
        JOIN document_counts AS counts USING (doc_type, source_name)
        FOR UPDATE OF counts SKIP LOCKED
    ), folded AS (
        DELETE FROM document_counts WHERE ctid = ANY (ARRAY(SELECT place FROM picked)) RETURNING *
    )
    INSERT INTO document_counts
    SELECT sum(documents), sum(embedded), sum(tokens), sum(characters), doc_type, source_name, crate_name, crate_version
    FROM folded
    GROUP BY doc_type, source_name, crate_name, crate_version
    HAVING sum(documents) <> 0 OR sum(embedded) <> 0 OR sum(tokens) <> 0 OR sum(characters) <> 0;
END
$$;

CREATE FUNCTION count_documents() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Drawn first: most statements need not know which sources they touched.
    is_folding boolean := random() < 0.0625;
    doc_types text[];
    source_names text[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- INSERT … ON CONFLICT DO UPDATE comes here also when it has updated nothing.
        PERFORM FROM new_rows LIMIT 1;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    IF TG_OP = 'INSERT' THEN
        INSERT INTO document_counts
        SELECT count(*), count(embedding), coalesce(sum(token_count), 0), sum(length(content)),
            doc_type, source_name, metadata ->> 'crate_name', metadata ->> 'crate_version'
        FROM new_rows
        GROUP BY 5, 6, 7, 8;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO document_counts
        SELECT -count(*), -count(embedding), -coalesce(sum(token_count), 0), -sum(length(content)),
            doc_type, source_name, metadata ->> 'crate_name', metadata ->> 'crate_version'
        FROM old_rows
        GROUP BY 5, 6, 7, 8;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO document_counts
        SELECT sum(sign), coalesce(sum(sign) FILTER (WHERE is_embedded), 0), sum(sign * tokens), sum(sign * characters),
            doc_type, source_name, crate_name, crate_version
        FROM (
            SELECT 1, embedding IS NOT NULL, coalesce(token_count, 0)::bigint, length(content)::bigint,
                doc_type, source_name, metadata ->> 'crate_name', metadata ->> 'crate_version'
            FROM new_rows
            UNION ALL
            SELECT -1, embedding IS NOT NULL, coalesce(token_count, 0)::bigint, length(content)::bigint,
                doc_type, source_name, metadata ->> 'crate_name', metadata ->> 'crate_version'
            FROM old_rows
        ) AS change (sign, is_embedded, tokens, characters, doc_type, source_name, crate_name, crate_version)
        GROUP BY 5, 6, 7, 8
        HAVING sum(sign) <> 0
            OR sum(sign) FILTER (WHERE is_embedded) <> 0
            OR sum(sign * tokens) <> 0
            OR sum(sign * characters) <> 0;
    ELSE
        TRUNCATE document_counts;
        RETURN NULL;
    END IF;
    -- An update that added no row folds nothing.
    IF NOT is_folding OR NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        SELECT array_agg(doc_type), array_agg(source_name) INTO doc_types, source_names
        FROM (SELECT DISTINCT doc_type, source_name FROM old_rows) AS touched;
    ELSE
        SELECT array_agg(doc_type), array_agg(source_name) INTO doc_types, source_names
        FROM (SELECT DISTINCT doc_type, source_name FROM new_rows) AS touched;
    END IF;
    PERFORM fold_document_counts(doc_types, source_names);
    RETURN NULL;
END
$$;

CREATE TRIGGER documents_count_insert AFTER INSERT ON documents
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_documents();
CREATE TRIGGER documents_count_update AFTER UPDATE ON documents
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_documents();
CREATE TRIGGER documents_count_delete AFTER DELETE ON documents
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_documents();
CREATE TRIGGER documents_count_truncate AFTER TRUNCATE ON documents
    FOR EACH STATEMENT EXECUTE FUNCTION count_documents();
