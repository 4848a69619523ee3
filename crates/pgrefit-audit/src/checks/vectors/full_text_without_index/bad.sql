-- finds public.documents.words
-- finds public.notes.words
CREATE TABLE documents (
    id bigint PRIMARY KEY,
    body text,
    words tsvector GENERATED ALWAYS AS (to_tsvector('english', body)) STORED
);
INSERT INTO documents SELECT i, 'document ' || i FROM generate_series(1, 10000) AS i;
CREATE TABLE notes (id bigint PRIMARY KEY, words tsvector);
INSERT INTO notes SELECT i, to_tsvector('simple', 'note ' || i) FROM generate_series(1, 10000) AS i;
-- Only of some rows.
CREATE INDEX ON notes USING gin (words) WHERE id < 100;
ANALYZE documents, notes;
