-- What the tables of the catalog refer to. Schemas first: `public` holds seven of ten tables.
CREATE SCHEMA billing;
CREATE SCHEMA crm;
CREATE SCHEMA "Archive";

-- The home of the table with a number, and its quoted name.
CREATE FUNCTION home(i int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE i % 10 WHEN 7 THEN 'billing' WHEN 8 THEN 'crm' WHEN 9 THEN 'Archive' ELSE 'public' END
$$;
CREATE FUNCTION place(i int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT format('%I.t%s', home(i), i) $$;

-- One table of its own, which the first tables refer to.
CREATE TABLE t0 (id bigint PRIMARY KEY);

-- A partitioned table with a hundred partitions, two indexes and a foreign key.
CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    t0_id bigint REFERENCES t0,
    kind text,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX events_kind ON events (kind, at);
CREATE INDEX events_at ON events USING brin (at);
DO $$
BEGIN
    FOR n IN 0..99 LOOP
        EXECUTE format(
            'CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
            n, date '2020-01-01' + n * 7, date '2020-01-01' + (n + 1) * 7
        );
    END LOOP;
    FOR n IN 1..300 LOOP
        EXECUTE format(
            'CREATE FUNCTION f%s(a int) RETURNS int LANGUAGE plpgsql %s AS %L',
            n, CASE WHEN n % 10 = 0 THEN 'SECURITY DEFINER' ELSE '' END, 'BEGIN RETURN a + ' || n || '; END'
        );
    END LOOP;
END $$;
