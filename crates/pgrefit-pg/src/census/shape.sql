-- What this server's catalogs have: `relation`, `relation.column`, `function()`. $1: the schema of pg_stat_statements, or null.
SELECT c.relname::text AS word FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
UNION ALL
SELECT c.relname::text || '.' || a.attname::text
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v')
  AND (n.nspname = 'pg_catalog' OR n.nspname = $1 AND c.relname IN ('pg_stat_statements', 'pg_stat_statements_info'))
UNION ALL
SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname IN ('pg_stat_statements', 'pg_stat_statements_info')
UNION ALL
SELECT DISTINCT p.proname::text || '()' FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^pg_'
