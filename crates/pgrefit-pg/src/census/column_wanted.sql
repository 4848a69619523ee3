WITH wanted AS (
    SELECT n.nspname, c.relname, a.attname, c.oid, a.attnum, a.atttypid
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'm', 'f')
      AND (c.relpages::int8 & 4294967295 >= $1 OR c.relkind = 'p'
           -- Whether ANALYZE was ever there, only the statistics tell.
           OR c.reltuples >= 1000 AND pg_stat_get_last_analyze_time(c.oid) IS NULL AND pg_stat_get_last_autoanalyze_time(c.oid) IS NULL
           OR a.atttypid IN (SELECT t.oid FROM pg_type t WHERE t.typname IN ('vector', 'halfvec', 'sparsevec'))
           OR a.atttypid IN ('int2'::regtype, 'int4'::regtype) AND (
              a.attidentity <> ''
              OR (c.oid, a.attnum) IN (SELECT i.indrelid, i.indkey[0] FROM pg_index i WHERE i.indisprimary)
              OR (c.oid, a.attnum) IN (SELECT d.adrelid, d.adnum FROM pg_depend p JOIN pg_attrdef d ON d.oid = p.objid
                                       JOIN pg_sequence s ON s.seqrelid = p.refobjid
                                       WHERE p.classid = 'pg_attrdef'::regclass AND p.refclassid = 'pg_class'::regclass)))
)
