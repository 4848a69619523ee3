-- Views by which an auditor sees statistics of columns and values of sequences, but no row of any table. To be run by a superuser,
-- who then owns them. A view reads pg_statistic with the privileges of its owner; the value of a sequence needs a function that does.
CREATE SCHEMA IF NOT EXISTS pgrefit;

CREATE OR REPLACE VIEW pgrefit.column_statistics AS
SELECT s.starelid AS relation, s.staattnum AS number, s.stainherit AS inherited, s.stanullfrac AS null_fraction,
       s.stawidth AS average_width, s.stadistinct AS distinct_values,
       CASE 3 WHEN s.stakind1 THEN s.stanumbers1[1] WHEN s.stakind2 THEN s.stanumbers2[1] WHEN s.stakind3 THEN s.stanumbers3[1]
              WHEN s.stakind4 THEN s.stanumbers4[1] WHEN s.stakind5 THEN s.stanumbers5[1] END AS correlation,
       CASE WHEN a.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype,
                                'pg_catalog.int8'::pg_catalog.regtype) THEN
            greatest(CASE WHEN s.stakind1 IN (1, 2) THEN (SELECT pg_catalog.max(v) FROM pg_catalog.unnest(s.stavalues1::text::int8[]) v) END,
                     CASE WHEN s.stakind2 IN (1, 2) THEN (SELECT pg_catalog.max(v) FROM pg_catalog.unnest(s.stavalues2::text::int8[]) v) END,
                     CASE WHEN s.stakind3 IN (1, 2) THEN (SELECT pg_catalog.max(v) FROM pg_catalog.unnest(s.stavalues3::text::int8[]) v) END)
       END AS largest
FROM pg_catalog.pg_statistic s
JOIN pg_catalog.pg_attribute a ON a.attrelid = s.starelid AND a.attnum = s.staattnum
JOIN pg_catalog.pg_class c ON c.oid = s.starelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';

-- Where a sequence stands: the last value given out or, if it is not called, the one that comes next. Opens the sequence in ACCESS SHARE mode.
CREATE OR REPLACE FUNCTION pgrefit.sequence_value(sequence oid) RETURNS int8
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    schema_name name;
    sequence_name name;
    value int8;
BEGIN
    SELECT n.nspname, c.relname INTO schema_name, sequence_name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = sequence AND c.relkind = 'S';
    IF FOUND THEN
        EXECUTE format('SELECT last_value FROM %I.%I', schema_name, sequence_name) INTO value;
    END IF;
    RETURN value;
END
$body$;

-- Whether that value was given out.
CREATE OR REPLACE FUNCTION pgrefit.sequence_is_called(sequence oid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    schema_name name;
    sequence_name name;
    value boolean;
BEGIN
    SELECT n.nspname, c.relname INTO schema_name, sequence_name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = sequence AND c.relkind = 'S';
    IF FOUND THEN
        EXECUTE format('SELECT is_called FROM %I.%I', schema_name, sequence_name) INTO value;
    END IF;
    RETURN value;
END
$body$;

CREATE OR REPLACE VIEW pgrefit.sequence_values AS
SELECT s.seqrelid AS relation, pgrefit.sequence_value(s.seqrelid) AS last_value, pgrefit.sequence_is_called(s.seqrelid) AS is_called
FROM pg_catalog.pg_sequence s
JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
WHERE c.relpersistence <> 't';
