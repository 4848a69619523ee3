-- What:  the table documents_signs with the sign of each component of each embedding, 384 bytes instead of 12 kB, and
--        the triggers of documents that keep it.
-- Why:   an exact search reads every vector: 8.6 µs a row, most of it to put its seven pieces together again. By the
--        number of signs that differ from those of the query the nearest few hundred are found at 0.35 µs a row, and
--        only they are compared exactly. That is no vector index: every row is read (docs/schema.md has the recall).
--        With pgvector before 0.7, which has no binary_quantize, the signs come out the same, only slower;
--        signs_apart counts those that differ by what the version has.
--        Row triggers: a document without an embedding costs nothing.
-- Locks: SHARE ROW EXCLUSIVE on documents: readers go on, writers wait. Milliseconds at any size.
-- Data:  none; V28 fills the table.
CREATE TABLE documents_signs (
    id uuid NOT NULL,
    doc_type text NOT NULL,
    source_name text NOT NULL,
    signs bit(3072) NOT NULL,
    CONSTRAINT documents_signs_pkey PRIMARY KEY (id)
);
-- For the search in one source. Equal entries are stored once, so that it is small.
CREATE INDEX idx_documents_signs_source ON documents_signs (doc_type, source_name);

DO $$
BEGIN
    IF to_regproc('binary_quantize') IS NULL THEN
        CREATE FUNCTION embedding_signs(embedding vector) RETURNS bit(3072)
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN (
            SELECT string_agg(CASE WHEN value > 0 THEN '1' ELSE '0' END, '' ORDER BY number)
            FROM unnest(embedding::real[]) WITH ORDINALITY AS component (value, number)
        )::bit(3072);
        CREATE FUNCTION signs_apart(one bit, other bit) RETURNS float8
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN bit_count(one # other)::float8;
    ELSE
        CREATE FUNCTION embedding_signs(embedding vector) RETURNS bit(3072)
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN binary_quantize(embedding)::bit(3072);
        -- The planner puts the operator in the place of the call: 8 ms for 20,000 rows, where bit_count takes 15.
        CREATE FUNCTION signs_apart(one bit, other bit) RETURNS float8
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN one <~> other;
    END IF;
END
$$;

CREATE FUNCTION sign_documents() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE documents_signs;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        DELETE FROM documents_signs WHERE id = OLD.id;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.id <> NEW.id OR NEW.embedding IS NULL) THEN
        DELETE FROM documents_signs WHERE id = OLD.id;
    END IF;
    IF NEW.embedding IS NOT NULL THEN
        INSERT INTO documents_signs (id, doc_type, source_name, signs)
        VALUES (NEW.id, NEW.doc_type, NEW.source_name, embedding_signs(NEW.embedding))
        ON CONFLICT (id) DO UPDATE
        SET doc_type = EXCLUDED.doc_type, source_name = EXCLUDED.source_name, signs = EXCLUDED.signs;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER documents_signs_insert AFTER INSERT ON documents
    FOR EACH ROW WHEN (NEW.embedding IS NOT NULL) EXECUTE FUNCTION sign_documents();
CREATE TRIGGER documents_signs_update AFTER UPDATE OF id, doc_type, source_name, embedding ON documents
    FOR EACH ROW
    WHEN (
        (OLD.id, OLD.doc_type, OLD.source_name, OLD.embedding)
        IS DISTINCT FROM
        (NEW.id, NEW.doc_type, NEW.source_name, NEW.embedding)
    )
    EXECUTE FUNCTION sign_documents();
CREATE TRIGGER documents_signs_delete AFTER DELETE ON documents
    FOR EACH ROW WHEN (OLD.embedding IS NOT NULL) EXECUTE FUNCTION sign_documents();
CREATE TRIGGER documents_signs_truncate AFTER TRUNCATE ON documents
    FOR EACH STATEMENT EXECUTE FUNCTION sign_documents();
