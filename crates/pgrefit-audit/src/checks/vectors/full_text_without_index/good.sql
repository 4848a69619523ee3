CREATE TABLE documents (
    id bigint PRIMARY KEY,
    body text,
    words tsvector GENERATED ALWAYS AS (to_tsvector('english', body)) STORED
);
INSERT INTO documents SELECT i, 'document ' || i FROM generate_series(1, 10000) AS i;
CREATE INDEX ON documents USING gin (words);
CREATE TABLE notes (id bigint PRIMARY KEY, words tsvector);
INSERT INTO notes SELECT i, to_tsvector('simple', 'note ' || i) FROM generate_series(1, 10000) AS i;
CREATE INDEX ON notes USING gist (words) WHERE words IS NOT NULL;
CREATE TABLE small (id bigint PRIMARY KEY, words tsvector);
-- An index on each partition is an index.
CREATE TABLE parts (id bigint, words tsvector) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100000);
INSERT INTO parts SELECT id, words FROM notes;
CREATE INDEX ON parts_1 USING gin (words);
ANALYZE documents, notes, small, parts, parts_1;
