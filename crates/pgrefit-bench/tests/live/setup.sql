CREATE TABLE sources (name text PRIMARY KEY, enabled boolean NOT NULL);
CREATE TABLE documents (
    id bigint PRIMARY KEY,
    source text NOT NULL,
    size integer NOT NULL,
    created_at timestamptz NOT NULL
);
INSERT INTO sources SELECT 's' || n, n % 2 = 0 FROM generate_series(0, 999) n;
INSERT INTO documents
SELECT n, 's' || n % 1000, n % 977, timestamptz '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 100000) n;
CREATE INDEX documents_source ON documents (source);
CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY, body text);
CREATE SCHEMA "Odd Schema";
CREATE TABLE "Odd Schema"."T" ("Key" int PRIMARY KEY);
CREATE FUNCTION note() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO notes (body) VALUES ('x'); RETURN 1; END $$;
ANALYZE;
CREATE ROLE modest LOGIN PASSWORD 'modest';
