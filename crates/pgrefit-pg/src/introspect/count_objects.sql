SELECT count(*)
FROM (
    SELECT c.oid, 'pg_catalog.pg_class'::pg_catalog.regclass AS class, c.relnamespace AS namespace, c.relname AS name
    FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    UNION ALL
    SELECT p.oid, 'pg_catalog.pg_proc'::pg_catalog.regclass, p.pronamespace, NULL FROM pg_catalog.pg_proc p
    UNION ALL
    SELECT t.oid, 'pg_catalog.pg_type'::pg_catalog.regclass, t.typnamespace, NULL
    FROM pg_catalog.pg_type t WHERE t.typtype IN ('e', 'd', 'r')
) object
JOIN pg_catalog.pg_namespace n ON n.oid = object.namespace
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  AND NOT (n.nspname = $1 AND coalesce(object.name = ANY ($2), false))
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = object.class AND d.objid = object.oid AND d.deptype = 'e'
  )
