-- What:  the table documents_search with the words of each document, the functions that make and query them, and the
--        triggers of documents that keep it.
-- Why:   without an index a full-text search makes the words of every document of a kind anew: 0.26 ms a document. An
--        index on the expression finds the documents, but ranks them by making their words anew. Words in a column of
--        documents lie in its TOAST table, seven times the pages (docs/schema.md). Here they lie in the row.
--        Beside the words of the content, with their positions, are words without a position that begin with `=`,
--        which no text has: `=doc_type:rust`, `=format:markdown`, `=path:lib`, so that one index answers words and
--        filters together. They do not change a rank. The rest of a document is read for the rows of the result.
--        Row triggers with a list of columns: an embedding that is stored later costs nothing here. Long texts have
--        as many words as a tsvector holds (1 MB); a text never fails to be stored because of its words.
-- Locks: SHARE ROW EXCLUSIVE on documents: readers go on, writers wait. Milliseconds at any size.
-- Data:  none; V27 fills the table.
CREATE TABLE documents_search (
    id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT documents_search_pkey PRIMARY KEY (id)
) WITH (toast_tuple_target = 8160);
ALTER TABLE documents_search ALTER COLUMN words SET STORAGE MAIN;

CREATE FUNCTION document_words_of_long(content text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    part integer := length(content);
BEGIN
    LOOP
        BEGIN
            RETURN to_tsvector('pg_catalog.english', left(content, part));
        EXCEPTION WHEN program_limit_exceeded THEN
            part := part / 2;
        END;
    END LOOP;
END
$$;

CREATE FUNCTION document_words(doc_type text, source_name text, doc_path text, metadata jsonb, content text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN octet_length(content) < 100000 THEN to_tsvector('pg_catalog.english', content)
    ELSE document_words_of_long(content)
END || array_to_tsvector(array_remove(ARRAY[
    '=doc_type:' || left(doc_type, 500),
    '=source_name:' || left(source_name, 500),
    '=format:' || left(metadata ->> 'format', 500),
    '=complexity:' || left(metadata ->> 'complexity', 500),
    '=category:' || left(metadata ->> 'category', 500),
    '=topic:' || left(metadata ->> 'topic', 500),
    '=api_version:' || left(metadata ->> 'api_version', 500)
] || ARRAY(
    SELECT DISTINCT '=path:' || left(part, 500)
    FROM regexp_split_to_table(lower(left(doc_path, 2000)), '[\u0001-/:-@\[-`{-\u007f]+') AS part
    WHERE part <> ''
), NULL));

-- Filters such as {"doc_type": "rust", "format": "markdown"} as a query; it has no node if there are none.
CREATE FUNCTION document_filter(filters jsonb) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT coalesce(string_agg(
        format('''=%s''', replace(replace(key || ':' || left(value, 500), '\', '\\'), '''', '''''')), ' & '
    ), '')::tsquery
    FROM jsonb_each_text(filters)
    WHERE value IS NOT NULL
);

-- The query for words as a user types them, and filters. NULL, which matches nothing, if there is no word to look for.
CREATE FUNCTION document_query(typed text, filters jsonb) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN numnode(websearch_to_tsquery('pg_catalog.english', typed)) > 0 THEN
    websearch_to_tsquery('pg_catalog.english', typed) && document_filter(filters)
END;

-- The query for documents in whose path a word begins with what was typed, and filters; where it has several words,
-- those before the last one must be whole. NULL if it has none.
CREATE FUNCTION document_path_query(typed text, filters jsonb) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT string_agg(format('''=path:%s''%s', left(part, 500), CASE WHEN number = count THEN ':*' END), ' & ')
    FROM (
        SELECT part, row_number() OVER (ORDER BY position), count(*) OVER ()
        FROM regexp_split_to_table(lower(left(typed, 2000)), '[\u0001-/:-@\[-`{-\u007f]+') WITH ORDINALITY
            AS parts (part, position)
        WHERE part <> ''
    ) AS numbered (part, number, count)
)::tsquery && document_filter(filters);

CREATE FUNCTION search_documents() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE documents_search;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        DELETE FROM documents_search WHERE id = OLD.id;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.id <> NEW.id THEN
        DELETE FROM documents_search WHERE id = OLD.id;
    END IF;
    INSERT INTO documents_search (id, created_at, words)
    VALUES (
        NEW.id,
        NEW.created_at,
        document_words(NEW.doc_type, NEW.source_name, NEW.doc_path, NEW.metadata, NEW.content)
    )
    ON CONFLICT (id) DO UPDATE SET created_at = EXCLUDED.created_at, words = EXCLUDED.words;
    RETURN NULL;
END
$$;

CREATE TRIGGER documents_search_insert_or_delete AFTER INSERT OR DELETE ON documents
    FOR EACH ROW EXECUTE FUNCTION search_documents();
CREATE TRIGGER documents_search_update
    AFTER UPDATE OF id, doc_type, source_name, doc_path, content, metadata, created_at ON documents
    FOR EACH ROW
    WHEN (
        (OLD.id, OLD.created_at, OLD.doc_type, OLD.source_name, OLD.doc_path, OLD.metadata, OLD.content)
        IS DISTINCT FROM
        (NEW.id, NEW.created_at, NEW.doc_type, NEW.source_name, NEW.doc_path, NEW.metadata, NEW.content)
    )
    EXECUTE FUNCTION search_documents();
CREATE TRIGGER documents_search_truncate AFTER TRUNCATE ON documents
    FOR EACH STATEMENT EXECUTE FUNCTION search_documents();
