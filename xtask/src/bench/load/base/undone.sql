-- What the migrations have left undone, by name; no row when everything is as it should be.
SELECT what FROM (VALUES
    ('lang', EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'documents'::regclass AND attname = 'lang' AND attnotnull AND atthasdef
    )),
    ('foreign key', EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'documents'::regclass AND conname = 'fk_documents_source' AND convalidated
    )),
    ('index', EXISTS (
        SELECT FROM pg_index
        WHERE indexrelid = to_regclass('idx_documents_doc_type_created_at_id') AND indisvalid
    )),
    ('unique key', EXISTS (
        SELECT FROM pg_constraint JOIN pg_index ON indexrelid = conindid
        WHERE conrelid = 'documents'::regclass AND conname = 'documents_path_key' AND contype = 'u' AND indisvalid
    )),
    ('bigint', EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'documents'::regclass AND attname = 'token_count' AND attnotnull
          AND atttypid = 'bigint'::regtype
    )),
    ('legacy_tags', NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'documents'::regclass AND attname IN ('legacy_tags', 'token_count_big')
    ))
) AS task (what, done)
WHERE NOT done AND (what = 'lang' OR NOT :single);
