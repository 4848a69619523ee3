-- The history table: $1 its name, $2 the schemas in which to look, in order.
SELECT n.nspname AS schema, c.relname AS name,
       coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), false) AS permitted,
       EXISTS (SELECT FROM pg_locks l
               WHERE l.locktype = 'relation' AND l.relation = c.oid AND l.mode = 'AccessExclusiveLock'
                 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) AS locked
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN unnest($2::text[]) WITH ORDINALITY AS path (schema, place) ON path.schema = n.nspname
WHERE c.relname = $1 AND c.relkind IN ('r', 'p')
ORDER BY path.place
LIMIT 1
