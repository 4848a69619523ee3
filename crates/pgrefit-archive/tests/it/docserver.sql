-- The Doc Server's types, partitioned by range, with what archives get wrong: odd names, NULL and not, infinities, generated columns.
CREATE EXTENSION IF NOT EXISTS vector;
CREATE SCHEMA "Odd ""Schema""";
CREATE TYPE job_status AS ENUM ('queued', 'it''s "done"');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE FUNCTION "Odd ""Schema""".initial(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(left(value, 1)) $$;
CREATE TABLE sources (doc_type text NOT NULL, source_name varchar(255) NOT NULL, UNIQUE (doc_type, source_name));
INSERT INTO sources VALUES ('rust', 'a'), ('rust', 'b'), ('rust', 'c');
CREATE TABLE documents (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    doc_type text NOT NULL,
    source_name varchar(255) NOT NULL,
    doc_path text NOT NULL,
    content text NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    embedding vector(3072),
    token_count integer,
    created_at timestamptz NOT NULL DEFAULT current_timestamp,
    updated_at timestamptz NOT NULL DEFAULT current_timestamp,
    status job_status,
    "E-Mail" email,
    tags text[],
    amount numeric,
    ratio float8,
    payload bytea,
    day date,
    initial text GENERATED ALWAYS AS ("Odd ""Schema""".initial(doc_path)) STORED,
    PRIMARY KEY (id, created_at),
    UNIQUE (doc_type, source_name, doc_path, created_at),
    CONSTRAINT fk_documents_source FOREIGN KEY (doc_type, source_name) REFERENCES sources (doc_type, source_name)
) PARTITION BY RANGE (created_at);
CREATE INDEX ON documents (updated_at);
CREATE INDEX ON documents USING gin (metadata);
CREATE TABLE documents_2024 PARTITION OF documents FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE "Odd ""Schema"""."documents 2023, ""old""" PARTITION OF documents FOR VALUES FROM (MINVALUE) TO ('2024-01-01 00:00+00') WITH (fillfactor = 80);
CREATE TABLE documents_2025 PARTITION OF documents FOR VALUES FROM ('2025-01-01 00:00+00') TO (MAXVALUE);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = '2030-01-01'; RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE documents DISABLE TRIGGER touch;
INSERT INTO documents (doc_type, source_name, doc_path, content, metadata, embedding, token_count, created_at, updated_at, status, "E-Mail", tags, amount, ratio, payload, day)
SELECT 'rust', chr(97 + n % 3), 'path/' || n || E'\t"é" 你好', repeat(md5(n::text), 1 + n % 100),
       jsonb_build_object('n', n, 'x', 1.50, 'text', '<&>'),
       CASE WHEN n % 10 = 1 THEN (SELECT array_agg(sin(n + i)) FROM generate_series(1, 3072) AS i)::vector END,
       nullif(n % 7, 0),
       timestamptz '2023-07-01 00:00+00' + n * interval '1 day',
       CASE n % 10 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' ELSE timestamptz '2024-06-01 12:34:56.789+00' + n * interval '1 hour' END,
       CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN 'queued' ELSE 'it''s "done"' END::job_status,
       CASE WHEN n % 5 > 0 THEN n || '@x' END,
       CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN '{}' ELSE ARRAY['a,b', NULL, '"', n::text] END,
       CASE n % 50 WHEN 0 THEN 'NaN' ELSE n / 7.0 END,
       CASE n % 50 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN '-Infinity' ELSE (n / 7.0)::float8 END,
       decode(md5(n::text) || '00ff', 'hex'),
       CASE n % 20 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' ELSE date '2024-01-01' + n END
FROM generate_series(1, 700) AS n;
ALTER TABLE documents ENABLE TRIGGER touch;
