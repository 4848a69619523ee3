-- What a row costs the server to write, in µs of the backend's processor: one by one, a hundred in a statement, COPY. Each
-- way writes its rows twice and deletes them; the second time counts, when the pages are warm.
\set ON_ERROR_STOP on
DO $$ BEGIN
    EXECUTE format('CREATE DOMAIN doc_type_now AS %s', (SELECT format_type(atttypid, NULL) FROM pg_attribute
        WHERE attrelid = 'documents'::regclass AND attname = 'doc_type'));
END $$;
DROP TABLE IF EXISTS bench.fresh;
CREATE TABLE bench.fresh AS
SELECT row_number() OVER () AS n, gen_random_uuid() AS id, doc_type, source_name, 'fresh/' || doc_path AS doc_path, content, metadata, token_count
FROM bench.documents(5000001, 5004000);
DO $$ BEGIN
    EXECUTE format('COPY (SELECT id, doc_type, source_name, doc_path, content, metadata, token_count FROM bench.fresh) TO %L',
        current_setting('data_directory') || '/bench-fresh');
END $$;
INSERT INTO document_sources (doc_type, source_name)
SELECT DISTINCT doc_type::doc_type_now, source_name FROM bench.fresh ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION bench.cpu_us() RETURNS float8 LANGUAGE sql VOLATILE AS
$$ SELECT split_part(pg_read_file('/proc/self/schedstat', 0, 100), ' ', 1)::float8 / 1000 $$;
CREATE OR REPLACE PROCEDURE bench.one_by_one() LANGUAGE plpgsql AS $$
DECLARE row record;
BEGIN
    FOR row IN SELECT * FROM bench.fresh ORDER BY n LOOP
        INSERT INTO documents (id, doc_type, source_name, doc_path, content, metadata, token_count)
        VALUES (row.id, row.doc_type::doc_type_now, row.source_name, row.doc_path, row.content, row.metadata, row.token_count)
        ON CONFLICT (doc_type, source_name, doc_path) DO UPDATE SET content = EXCLUDED.content, metadata = EXCLUDED.metadata;
        IF row.n % 100 = 0 THEN COMMIT; END IF;
    END LOOP;
END $$;
CREATE OR REPLACE PROCEDURE bench.hundreds() LANGUAGE plpgsql AS $$
BEGIN
    FOR begun IN 1 .. 4000 BY 100 LOOP
        INSERT INTO documents (id, doc_type, source_name, doc_path, content, metadata, token_count)
        SELECT id, doc_type::doc_type_now, source_name, doc_path, content, metadata, token_count
        FROM bench.fresh WHERE n BETWEEN begun AND begun + 99
        ON CONFLICT (doc_type, source_name, doc_path) DO UPDATE SET content = EXCLUDED.content, metadata = EXCLUDED.metadata;
        COMMIT;
    END LOOP;
END $$;
CREATE OR REPLACE PROCEDURE bench.copied() LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY documents (id, doc_type, source_name, doc_path, content, metadata, token_count) FROM %L',
        current_setting('data_directory') || '/bench-fresh');
    COMMIT;
END $$;
CREATE INDEX ON bench.fresh (n);
CREATE OR REPLACE PROCEDURE bench.writes(phase text) LANGUAGE plpgsql AS $$
DECLARE way text; spent float8; has_index boolean := to_regclass('idx_documents_search_words') IS NOT NULL;
BEGIN
    FOREACH way IN ARRAY ARRAY['one_by_one', 'hundreds', 'copied'] LOOP
        FOR pass IN 1 .. 2 LOOP
            spent := -bench.cpu_us();
            CASE way
                WHEN 'one_by_one' THEN CALL bench.one_by_one();
                WHEN 'hundreds' THEN CALL bench.hundreds();
                ELSE CALL bench.copied();
            END CASE;
            IF has_index THEN PERFORM gin_clean_pending_list('idx_documents_search_words'::regclass); END IF;
            spent := (spent + bench.cpu_us()) / 4000;
            DELETE FROM documents WHERE doc_path LIKE 'fresh/%' AND id IN (SELECT id FROM bench.fresh);
            COMMIT;
        END LOOP;
        RAISE WARNING 'write % % %', phase, way, spent;
    END LOOP;
END $$;
CALL bench.writes(:'phase');
DROP DOMAIN doc_type_now;
