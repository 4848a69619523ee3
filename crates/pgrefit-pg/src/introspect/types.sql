-- Enums, domains, ranges and free-standing composite types. $1: schemas by oid.
SELECT t.oid, n.nspname AS schema, t.typname AS name, t.typtype::text AS kind, t.typnotnull AS not_null,
       format_type(t.typbasetype, t.typtypmod) AS base, pg_get_expr(t.typdefaultbin, 0) AS "default",
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels,
       format_type(r.rngsubtype, NULL) AS subtype, opn.nspname AS class_schema, op.opcname AS class,
       ARRAY(SELECT made.proc::text FROM unnest(ARRAY[r.rngcanonical, r.rngsubdiff]) AS made (proc) WHERE made.proc::oid <> 0)
           AS functions,
       cn.nspname AS collation_schema, co.collname AS collation
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_range r ON r.rngtypid = t.oid
LEFT JOIN pg_type s ON s.oid = r.rngsubtype
LEFT JOIN pg_opclass op ON op.oid = r.rngsubopc
LEFT JOIN pg_namespace opn ON opn.oid = op.opcnamespace
LEFT JOIN pg_collation co ON co.oid = coalesce(r.rngcollation, t.typcollation)
    AND co.oid <> coalesce(s.typcollation, b.typcollation)
LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE t.typnamespace = ANY ($1::oid[])
  AND (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
