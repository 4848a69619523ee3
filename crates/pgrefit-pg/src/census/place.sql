-- Where the names of the session point to, before its search path is changed, and whether helpers are there. Views of before, without
-- is_called, cannot tell where a sequence stands.
SELECT current_schemas(false)::text[] AS search_path,
       (SELECT n.nspname::text FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_stat_statements') AS statements_schema,
       coalesce((SELECT pg_catalog.has_schema_privilege(e.extnamespace, 'USAGE') FROM pg_catalog.pg_extension e
                 WHERE e.extname = 'pg_stat_statements'), false) AS statements_open,
       coalesce((SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                        AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'pgrefit' AND c.relname = 'column_statistics' AND c.relkind = 'v'), false) AS helper_statistics,
       coalesce((SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                        AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'pgrefit' AND c.relname = 'sequence_values' AND c.relkind = 'v'
                       AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'is_called')), false) AS helper_sequences,
       EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'pgrefit' AND c.relname = 'column_statistics' AND c.relkind = 'v') AS helpers,
       pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS control_open,
       pg_catalog.has_column_privilege('pg_catalog.pg_subscription', 'subconninfo', 'SELECT') AS conninfo_open
