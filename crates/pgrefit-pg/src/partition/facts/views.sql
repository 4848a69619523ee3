-- Views that read a table. $1: the table by oid.
SELECT n.nspname AS schema, v.relname AS name, v.relkind = 'm' AS materialized, pg_get_viewdef(v.oid) AS definition,
       coalesce(v.reloptions, '{}') AS options, pg_has_role(v.relowner, 'USAGE') AS owned,
       ARRAY(SELECT DISTINCT k.conname::text
             FROM pg_rewrite r
             JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                             AND d.refclassid = 'pg_constraint'::regclass
             JOIN pg_constraint k ON k.oid = d.refobjid AND k.conrelid = $1
             WHERE r.ev_class = v.oid) AS constraints
FROM pg_class v
JOIN pg_namespace n ON n.oid = v.relnamespace
WHERE v.relkind IN ('v', 'm')
  AND EXISTS (SELECT FROM pg_rewrite r
              JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
              WHERE r.ev_class = v.oid AND r.rulename = '_RETURN'
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1)
ORDER BY n.nspname, v.relname
