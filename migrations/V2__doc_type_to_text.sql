-- What:  `doc_type` of documents and document_sources becomes text; the two views that read it are recreated.
-- Why:   the application binds text, which PostgreSQL does not compare with an enum; every new kind of document
--        needed ALTER TYPE … ADD VALUE. Installations whose columns are text already are left alone: this file does
--        nothing there. It stands before the foreign key and the new indexes, so that each is built once, for the
--        final type.
-- Locks: ACCESS EXCLUSIVE on both views and both tables, together, because a join of text with enum would fail in
--        between. An enum is stored as a 4-byte number, so the whole table, its TOAST table and all its indexes are
--        written anew: about 8 s per GB (measured: 100,000 documents with embeddings, 1.2 GB, 10 s on two cores
--        without a replica). Readers and writers wait meanwhile. Needs free disk for a second copy of the table,
--        and as much again for WAL. A transaction with an older snapshot sees the rewritten table as empty: let
--        dumps finish first.
-- After: rows sort by name, no longer in the order in which the enum's labels were declared. A session that has
--        prepared `SELECT *` gets "cached plan must not change result type" once and must prepare again.
-- Data:  no value changes; each label becomes the text of the same spelling.
-- pgrefit:allow type-change-rewrite enum to text has no cheaper form; both tables at once, or their join would fail
-- pgrefit:allow explicit-lock every lock before the long work, in the order in which the application writes
-- pgrefit:allow several-strong-locks a join of text with enum would fail in between
DO $$
DECLARE
    statement text;
    statements text[];
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid IN ('documents'::regclass, 'document_sources'::regclass)
          AND attname = 'doc_type'
          AND atttypid <> 'text'::regtype
    ) THEN
        RETURN;
    END IF;

    -- Owner and privileges differ by installation and would be lost with the views.
    SELECT array_agg(restore ORDER BY step) INTO statements
    FROM (
        SELECT 1 AS step, format('ALTER VIEW %s OWNER TO %I', oid::regclass, pg_get_userbyid(relowner)) AS restore
        FROM pg_class
        WHERE oid IN ('rust_documents'::regclass, 'active_sources'::regclass)
        UNION ALL
        SELECT 2, format('GRANT %s%s ON %s TO %s%s', privilege_type, '(' || quote_ident(attname) || ')', oid::regclass,
            CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
            CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
        FROM (
            SELECT oid, relowner, NULL AS attname, (aclexplode(relacl)).* FROM pg_class
            UNION ALL
            SELECT attrelid, relowner, attname, (aclexplode(attacl)).*
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        ) AS granted
        WHERE oid IN ('rust_documents'::regclass, 'active_sources'::regclass)
          AND grantee <> relowner
    ) AS saved;

    DROP VIEW rust_documents, active_sources;
    -- Every lock before the long work: to wait for the second table after the first is rewritten could waste it all.
    -- In the order in which the application writes: a source, then its documents.
    LOCK TABLE document_sources, documents IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE documents ALTER COLUMN doc_type TYPE text USING doc_type::text;
    ALTER TABLE document_sources ALTER COLUMN doc_type TYPE text USING doc_type::text;
    CREATE VIEW rust_documents AS SELECT * FROM documents WHERE doc_type = 'rust';
    CREATE VIEW active_sources AS SELECT * FROM document_sources WHERE enabled;

    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
