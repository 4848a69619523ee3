SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),
       c.reltuples::pg_catalog.int8,
       (SELECT o.option_value FROM pg_catalog.pg_options_to_table(c.reloptions) o
        WHERE o.option_name = 'autovacuum_vacuum_scale_factor'),
       (SELECT o.option_value FROM pg_catalog.pg_options_to_table(c.reloptions) o
        WHERE o.option_name = 'autovacuum_vacuum_insert_scale_factor'),
       (SELECT o.option_value FROM pg_catalog.pg_options_to_table(c.reloptions) o
        WHERE o.option_name = 'autovacuum_analyze_scale_factor')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.reltuples >= 1000000
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
ORDER BY c.reltuples DESC, 1
LIMIT 200
