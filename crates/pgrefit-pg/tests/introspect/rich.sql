-- One of every kind of object that the catalog describes, with names that need quoting.
CREATE SCHEMA "Odd.Schema";
CREATE SCHEMA pgrefit;
CREATE TABLE pgrefit.journal (id int);
CREATE TABLE refinery_schema_history (version int);

CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "fine"');
ALTER TYPE mood ADD VALUE 'great' BEFORE 'ok';
CREATE DOMAIN "Odd.Schema"."Email.Address" AS varchar(320) COLLATE "C" DEFAULT 'a@b' NOT NULL
    CONSTRAINT has_at CHECK (VALUE LIKE '%@%') CONSTRAINT "Short" CHECK (length(VALUE) < 300);
CREATE TYPE point3 AS (x numeric(10, 2), y float8, "Label" text COLLATE "C");
CREATE TYPE floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);

CREATE SEQUENCE ticket AS integer START 10 INCREMENT 5 MINVALUE 10 MAXVALUE 1000 CACHE 3 CYCLE;

CREATE TABLE people (
    id bigint GENERATED ALWAYS AS IDENTITY (START 7 INCREMENT 2) PRIMARY KEY,
    "Name" varchar(40) COLLATE "C" NOT NULL,
    mood mood DEFAULT 'ok',
    email "Odd.Schema"."Email.Address",
    ticket integer DEFAULT nextval('ticket'),
    born date,
    tags text[] NOT NULL DEFAULT '{}',
    payload text,
    "Initial" text GENERATED ALWAYS AS (upper(left("Name", 1))) STORED,
    amount numeric(12, 3) CHECK (amount BETWEEN 0 AND 100 OR amount IS NULL),
    kind text CONSTRAINT kind_known CHECK (kind IN ('a', 'b')),
    gone int,
    UNIQUE (email) DEFERRABLE INITIALLY DEFERRED,
    EXCLUDE USING btree (ticket WITH =)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
ALTER TABLE people DROP COLUMN gone, ALTER payload SET STORAGE EXTERNAL, ALTER payload SET STATISTICS 500;
ALTER SEQUENCE ticket OWNED BY people.ticket;

CREATE TABLE "Odd.Schema"."Mixed ""Case"" Table" (
    "select" int NOT NULL,
    person bigint CONSTRAINT "person fk" REFERENCES people ON DELETE CASCADE,
    place point3,
    span floatrange
);
ALTER TABLE "Odd.Schema"."Mixed ""Case"" Table"
    ADD CONSTRAINT later CHECK ("select" > 0) NOT VALID,
    ADD CONSTRAINT later_fk FOREIGN KEY ("select") REFERENCES people NOT VALID;
CREATE UNLOGGED TABLE scratchpad (note text);
CREATE TABLE parent (a int, b text DEFAULT 'x');
CREATE TABLE child (c int) INHERITS (parent);

CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL DEFAULT now(), region text) PARTITION BY RANGE (at);
CREATE INDEX ON events (region);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE events_rest PARTITION OF events DEFAULT PARTITION BY LIST (region);
CREATE TABLE events_rest_eu PARTITION OF events_rest FOR VALUES IN ('eu', NULL);

CREATE INDEX people_lower_name ON people (lower("Name") text_pattern_ops, born DESC NULLS LAST) INCLUDE (amount) WHERE born IS NOT NULL;
CREATE UNIQUE INDEX "People Tags" ON people USING btree (tags) WITH (fillfactor = 60);
CREATE STATISTICS people_stats (dependencies) ON kind, amount FROM people;

CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION add(a int, b int DEFAULT 2, OUT total int) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT a + b';
CREATE FUNCTION people_named(wanted text) RETURNS TABLE (id bigint, name text) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public BEGIN ATOMIC SELECT people.id, people."Name" FROM people WHERE people."Name" = wanted; END;
CREATE PROCEDURE tidy(INOUT n int) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; END $$;
CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int, initcond = '0');

CREATE TRIGGER stamp BEFORE INSERT OR UPDATE OF "Name" ON people FOR EACH ROW WHEN (NEW."Name" <> 'x') EXECUTE FUNCTION stamp('a');
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER sleeping BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE people DISABLE TRIGGER sleeping;
CREATE TRIGGER on_events BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION stamp();

ALTER TABLE people ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY "own rows" ON people AS RESTRICTIVE FOR UPDATE TO public USING (kind = 'a') WITH CHECK (kind = 'a');

CREATE VIEW happy AS SELECT * FROM people WHERE mood = 'ok';
CREATE VIEW joined WITH (security_barrier) AS
    SELECT p.id, p."Name", m.place, count(*) OVER (PARTITION BY p.kind) AS n, 'public.people people.id' AS text
    FROM people p JOIN "Odd.Schema"."Mixed ""Case"" Table" m ON m.person = p.id
    WHERE EXISTS (SELECT 1 FROM events WHERE events.id = p.id) AND (m.place).x > 1 ORDER BY p.id;
CREATE VIEW united AS SELECT id FROM people UNION SELECT id FROM events ORDER BY 1;
CREATE VIEW with_cte AS WITH x AS (SELECT region, max(at) AS newest FROM events GROUP BY region) SELECT x.region, x.newest FROM x WHERE x.region > 'a';
CREATE MATERIALIZED VIEW mood_counts AS SELECT mood, count(*) AS n FROM people GROUP BY mood WITH NO DATA;
CREATE UNIQUE INDEX ON mood_counts (mood);
CREATE RULE no_delete AS ON DELETE TO parent DO INSTEAD NOTHING;

CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE far (id int OPTIONS (column_name 'ID'), name text) SERVER nowhere OPTIONS (file 'x');
