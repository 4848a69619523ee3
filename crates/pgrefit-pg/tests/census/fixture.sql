-- One of everything that a census reads, with names that must be quoted.
CREATE SCHEMA "Odd ""Schema""";
COMMENT ON SCHEMA "Odd ""Schema""" IS 'odd';
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS int8;
ALTER DOMAIN positive ADD CONSTRAINT above CHECK (VALUE > 0) NOT VALID;
CREATE TABLE people (
    id serial PRIMARY KEY,
    big int8 GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL DEFAULT 'n',
    mood mood,
    amount positive,
    tags text[],
    key uuid DEFAULT gen_random_uuid(),
    made timestamptz NOT NULL DEFAULT now(),
    lower_name text GENERATED ALWAYS AS (lower(name)) STORED,
    gone int
);
ALTER TABLE people DROP COLUMN gone;
COMMENT ON COLUMN people.name IS 'of a person';
ALTER TABLE people ALTER COLUMN name SET STATISTICS 200;
CREATE UNIQUE INDEX people_name ON people (lower(name) DESC, key) INCLUDE (made) WHERE amount IS NOT NULL;
CREATE INDEX people_invalid ON people (made);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'people_invalid'::regclass;
CREATE SEQUENCE unowned AS int4 MAXVALUE 1000 CYCLE;
CREATE SEQUENCE unused;
CREATE SEQUENCE restarted;
ALTER SEQUENCE restarted RESTART WITH 501;
CREATE TABLE "Odd ""Schema"""."Mixed Case; --" (
    "select" int2 DEFAULT nextval('unowned') PRIMARY KEY,
    person int REFERENCES people (id) ON DELETE CASCADE,
    "from" text
) WITH (fillfactor = 70, autovacuum_enabled = off);
CREATE SEQUENCE "Odd ""Schema"""."odd seq";
ALTER TABLE "Odd ""Schema"""."Mixed Case; --" ADD CONSTRAINT later CHECK ("select" > 0) NOT VALID;
ALTER TABLE "Odd ""Schema"""."Mixed Case; --" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON "Odd ""Schema"""."Mixed Case; --" FOR SELECT USING (person = 1);
CREATE TABLE events (id int8, at date NOT NULL, payload text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX events_at ON events (at);
CREATE TABLE leaving (a int) PARTITION BY LIST (a);
CREATE TABLE leaving_1 PARTITION OF leaving FOR VALUES IN (1, 2);
CREATE TABLE parent (a int);
CREATE TABLE child () INHERITS (parent);
CREATE VIEW sight AS SELECT id, name FROM people;
CREATE MATERIALIZED VIEW known AS SELECT count(*) AS n FROM people;
CREATE RULE quiet AS ON DELETE TO parent DO INSTEAD NOTHING;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET app.secret = 'hunter2'
    AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE people DISABLE TRIGGER touched;
CREATE PROCEDURE act(a int, b text[]) LANGUAGE sql AS 'SELECT 1';
CREATE PUBLICATION outward FOR TABLE people;
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watching ON sql_drop EXECUTE FUNCTION watch();
CREATE FOREIGN DATA WRAPPER far_away;
CREATE SERVER far FOREIGN DATA WRAPPER far_away;
CREATE USER MAPPING FOR PUBLIC SERVER far;
-- Objects with the names of the server's own functions and relations must not be taken for them.
CREATE TABLE pg_class (oid oid, relname text);
CREATE FUNCTION age(xid) RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE ''captured''; END';
CREATE TABLE refinery_schema_history (version int4 PRIMARY KEY, name varchar(255), applied_on varchar(255), checksum varchar(255));
INSERT INTO refinery_schema_history VALUES (1, 'first', '2026-01-01T00:00:00Z', '123'), (2, 'second', '2026-01-02T00:00:00Z', '456');
INSERT INTO people (name) SELECT 'p' || n FROM generate_series(1, 1000) n;
INSERT INTO "Odd ""Schema"""."Mixed Case; --" (person) SELECT n FROM generate_series(1, 900) n;
INSERT INTO events SELECT n, '2026-06-01', 'x' FROM generate_series(1, 100) n;
SELECT nextval('"Odd ""Schema"""."odd seq"');
ANALYZE;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
