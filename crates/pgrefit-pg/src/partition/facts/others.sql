-- What else is bound to a table, or to its row type. $1: the table by oid. What belongs to the table itself is left out, and so are
-- the views that read it.
WITH used AS (
    SELECT 'pg_class'::regclass AS class, $1::oid AS oid
    UNION ALL
    SELECT 'pg_type'::regclass, t.oid
    FROM pg_type t WHERE t.typrelid = $1 OR t.typelem = (SELECT c.reltype FROM pg_class c WHERE c.oid = $1)
), dependent AS (
    SELECT DISTINCT d.classid, d.objid, d.objsubid, used.class AS through
    FROM used
    JOIN pg_depend d ON d.refclassid = used.class AND d.refobjid = used.oid AND d.deptype IN ('n', 'a')
)
SELECT p.prokind::text AS kind, p.oid::regprocedure::text AS description, pg_has_role(p.proowner, 'USAGE') AS owned,
       CASE WHEN to_jsonb(p) ->> 'prosqlbody' IS NOT NULL AND p.prokind IN ('f', 'p')
             AND NOT EXISTS (SELECT FROM dependent t WHERE t.classid = d.classid AND t.objid = d.objid
                                                       AND t.through = 'pg_type'::regclass)
            THEN pg_get_functiondef(p.oid) END AS definition
FROM dependent d
JOIN pg_proc p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
UNION
SELECT (pg_identify_object(d.classid, d.objid, d.objsubid)).type, pg_describe_object(d.classid, d.objid, d.objsubid), false, NULL
FROM dependent d
WHERE d.classid IN ('pg_policy'::regclass, 'pg_rewrite'::regclass, 'pg_attrdef'::regclass, 'pg_class'::regclass, 'pg_type'::regclass,
                    'pg_cast'::regclass, 'pg_operator'::regclass, 'pg_event_trigger'::regclass)
  AND NOT EXISTS (SELECT FROM pg_policy p WHERE d.classid = 'pg_policy'::regclass AND p.oid = d.objid AND p.polrelid = $1)
  AND NOT EXISTS (SELECT FROM pg_attrdef a WHERE d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid AND a.adrelid = $1)
  AND NOT EXISTS (SELECT FROM pg_rewrite r WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
                    AND (r.rulename = '_RETURN' OR r.ev_class = $1))
  -- Its own columns, indexes, sequences, partitions and children.
  AND NOT (d.classid = 'pg_class'::regclass
           AND (d.objid = $1
                OR EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = d.objid AND x.indrelid = $1)
                OR EXISTS (SELECT FROM pg_class s WHERE s.oid = d.objid AND s.relkind IN ('S', 't'))
                OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = d.objid AND i.inhparent = $1)))
ORDER BY 1, 2
