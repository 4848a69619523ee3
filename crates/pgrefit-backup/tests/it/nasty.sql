-- One of every kind of thing that a careless dump, restore or comparison loses.
CREATE ROLE "Owner ""X""" NOLOGIN;
CREATE ROLE app LOGIN PASSWORD 'app';
CREATE ROLE readers NOLOGIN;
GRANT readers TO app;
ALTER ROLE app SET search_path = "Odd.Schema", public;
ALTER ROLE app IN DATABASE "My ""db""" SET statement_timeout = '5min';
ALTER DATABASE "My ""db""" SET timezone = 'Asia/Tokyo';
ALTER DATABASE "My ""db""" SET search_path = "$user", public, "Odd.Schema";
GRANT CONNECT, TEMPORARY ON DATABASE "My ""db""" TO readers;
CREATE SCHEMA "Odd.Schema" AUTHORIZATION "Owner ""X""";
GRANT USAGE ON SCHEMA "Odd.Schema" TO readers;
CREATE TYPE mood AS ENUM ('sad', 'it''s "fine"');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE point3 AS (x numeric(10, 2), y float8, "Label" text);
CREATE TABLE people (
    id bigint GENERATED ALWAYS AS IDENTITY (START 7 INCREMENT 2) PRIMARY KEY,
    "Name" text NOT NULL,
    mood mood,
    email email,
    place point3,
    tags text[],
    payload bytea,
    doc jsonb,
    at timestamptz,
    amount numeric,
    ratio float8,
    "Initial" text GENERATED ALWAYS AS (upper(left("Name", 1))) STORED
);
INSERT INTO people ("Name", mood, email, place, tags, payload, doc, at, amount, ratio)
SELECT CASE n % 5 WHEN 0 THEN '' WHEN 1 THEN E'tab\tline\nend\\' ELSE 'name ' || n || ' "é" 你好' END,
       CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN 'sad' ELSE 'it''s "fine"' END::mood,
       CASE WHEN n % 7 > 0 THEN n || '@x' END,
       ROW (n / 3.0, n / 7.0, NULL)::point3,
       CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN '{}' ELSE ARRAY['a,b', NULL, '"', n::text] END,
       decode(md5(n::text) || '00ff', 'hex'),
       jsonb_build_object('n', n, 'x', 1.50),
       CASE n % 100 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' ELSE '2024-01-02 03:04:05.678+00'::timestamptz + n * interval '1 hour' END,
       CASE n % 50 WHEN 0 THEN 'NaN' ELSE n / 7.0 END,
       CASE n % 50 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN '-Infinity' ELSE n / 7.0 END
FROM generate_series(1, 2000) AS n;
CREATE TABLE "Odd.Schema"."Mixed ""Case"" Table" (
    "select" serial PRIMARY KEY,
    person bigint REFERENCES people ON DELETE CASCADE,
    note text
);
ALTER TABLE "Odd.Schema"."Mixed ""Case"" Table" OWNER TO "Owner ""X""";
GRANT SELECT, INSERT ON "Odd.Schema"."Mixed ""Case"" Table" TO readers WITH GRANT OPTION;
GRANT UPDATE (note) ON "Odd.Schema"."Mixed ""Case"" Table" TO app;
INSERT INTO "Odd.Schema"."Mixed ""Case"" Table" (person, note) SELECT id, "Name" FROM people;
CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL, region text) PARTITION BY RANGE (at);
CREATE INDEX ON events (region);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE events_rest PARTITION OF events DEFAULT PARTITION BY LIST (region);
CREATE TABLE events_rest_eu PARTITION OF events_rest FOR VALUES IN ('eu', NULL);
INSERT INTO events SELECT n, '2023-12-30 00:00+00'::timestamptz + n * interval '1 hour', 'eu' FROM generate_series(1, 500) AS n;
CREATE TABLE parent (a int, b text DEFAULT 'x');
CREATE TABLE child (c int) INHERITS (parent);
INSERT INTO parent SELECT n FROM generate_series(1, 10) AS n;
INSERT INTO child SELECT n, 'y', n FROM generate_series(1, 20) AS n;
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
CREATE UNLOGGED TABLE scratchpad (note text);
INSERT INTO scratchpad VALUES ('x');
CREATE SEQUENCE ticket START 10 INCREMENT -5 MINVALUE -1000 MAXVALUE 10;
SELECT nextval('ticket') FROM generate_series(1, 3);
CREATE SEQUENCE unused START 42;
CREATE MATERIALIZED VIEW by_mood AS SELECT mood, count(*) FROM people GROUP BY mood;
CREATE MATERIALIZED VIEW not_yet AS SELECT 1 AS one WITH NO DATA;
CREATE VIEW sad AS SELECT * FROM people WHERE mood = 'sad';
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := coalesce(NEW.note, '?'); RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT ON "Odd.Schema"."Mixed ""Case"" Table" FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY "some" ON parent TO app USING (a > 5);
CREATE PUBLICATION pub FOR TABLE people;
SELECT lo_from_bytea(0, '\x00ff00') FROM generate_series(1, 3);
SELECT lo_put(lo_create(0), 5000, 'after a hole');
CREATE STATISTICS people_stats (dependencies) ON mood, email FROM people;
COMMENT ON TABLE people IS 'a comment with ''quotes''';
