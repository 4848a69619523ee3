-- Tables, views and sequences in scope. $1: schemas by oid; $2, $3: schema and name of relations to leave out.
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.relpersistence::text AS persistence,
       c.relrowsecurity AS row_security, c.relforcerowsecurity AS row_security_forced,
       coalesce(c.reloptions, '{}') AS options,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
       s.srvname AS server, coalesce(f.ftoptions, '{}') AS server_options
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid
LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
WHERE c.relnamespace = ANY ($1::oid[])
  AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM unnest($2::text[], $3::text[]) AS out (schema, name)
                  WHERE out.schema = n.nspname AND out.name = c.relname)
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
