-- What hangs on relations. $1: relations by oid. Each row names the dependent object: the relation it belongs to or is, and
-- the object itself if it is no relation; and the columns of the relation that it names.
WITH edge AS (
    SELECT d.classid, d.objid, d.objsubid, d.refobjid AS relation, d.refobjsubid AS column_number
    FROM pg_depend d
    WHERE d.refclassid = 'pg_class'::regclass AND d.deptype IN ('n', 'a')
      AND (d.classid IN ('pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_policy'::regclass, 'pg_trigger'::regclass,
                         'pg_attrdef'::regclass)
           OR d.classid = 'pg_class'::regclass AND d.objid = d.refobjid AND d.objsubid > 0 AND d.refobjsubid > 0)
    UNION ALL
    -- A row type, or an array of it.
    SELECT d.classid, d.objid, d.objsubid, coalesce(t.typrelid, 0), 0
    FROM pg_depend d
    JOIN pg_type used ON used.oid = d.refobjid
    JOIN pg_type t ON t.oid = CASE WHEN used.typelem <> 0 THEN used.typelem ELSE used.oid END AND t.typrelid <> 0
    WHERE d.refclassid = 'pg_type'::regclass AND d.classid = 'pg_proc'::regclass AND d.deptype = 'n'
    UNION ALL
    SELECT 'pg_constraint'::regclass, k.oid, 0, k.confrelid, referenced.number
    FROM pg_constraint k
    CROSS JOIN unnest(k.confkey) AS referenced (number)
    WHERE k.contype = 'f' AND k.conparentid = 0
), dependent AS (
    SELECT e.classid, e.objid, e.objsubid, e.relation,
           coalesce(array_agg(DISTINCT a.attname::text) FILTER (WHERE a.attname IS NOT NULL), '{}') AS columns
    FROM edge e
    JOIN unnest($1::oid[]) AS scope (oid) ON scope.oid = e.relation
    LEFT JOIN pg_attribute a ON a.attrelid = e.relation AND a.attnum = e.column_number AND e.column_number > 0
    GROUP BY e.classid, e.objid, e.objsubid, e.relation
), named AS (
    SELECT d.relation, CASE WHEN r.rulename <> '_RETURN' THEN 'rule' ELSE c.relkind::text END AS kind, r.ev_class AS owner,
           CASE WHEN r.rulename <> '_RETURN' THEN r.rulename END AS part, d.columns
    FROM dependent d
    JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_class c ON c.oid = r.ev_class
    WHERE r.ev_class <> d.relation OR r.rulename <> '_RETURN'
    UNION ALL
    SELECT d.relation, 'policy', p.polrelid, p.polname, d.columns
    FROM dependent d
    JOIN pg_policy p ON p.oid = d.objid AND d.classid = 'pg_policy'::regclass
    UNION ALL
    SELECT d.relation, 'trigger', t.tgrelid, t.tgname, d.columns
    FROM dependent d
    JOIN pg_trigger t ON t.oid = d.objid AND d.classid = 'pg_trigger'::regclass
    WHERE NOT t.tgisinternal AND t.tgparentid = 0
    UNION ALL
    SELECT d.relation, 'foreign key', k.conrelid, k.conname, d.columns
    FROM dependent d
    JOIN pg_constraint k ON k.oid = d.objid AND d.classid = 'pg_constraint'::regclass
    UNION ALL
    -- Majors differ in whether a generated column or its expression depends on the columns that the expression names.
    SELECT d.relation, CASE a.attgenerated WHEN '' THEN 'default' ELSE 'generated' END, a.attrelid, a.attname,
           array_remove(d.columns, CASE WHEN a.attrelid = d.relation THEN a.attname::text END)
    FROM dependent d
    LEFT JOIN pg_attrdef def ON def.oid = d.objid AND d.classid = 'pg_attrdef'::regclass
    JOIN pg_attribute a ON a.attrelid = coalesce(def.adrelid, d.objid) AND a.attnum = coalesce(def.adnum, d.objsubid)
    WHERE def.oid IS NOT NULL OR d.classid = 'pg_class'::regclass
)
SELECT named.relation, named.kind, n.nspname AS schema, c.relname AS name, named.part, NULL AS signature, named.columns
FROM named
JOIN pg_class c ON c.oid = named.owner
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't'
  AND (named.kind <> 'default' OR named.relation <> named.owner OR named.columns <> '{}')
  AND (named.kind <> 'generated' OR named.columns <> '{}')
UNION ALL
SELECT d.relation, 'function', n.nspname, p.proname, NULL, oidvectortypes(p.proargtypes), d.columns
FROM dependent d
JOIN pg_proc p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
JOIN pg_namespace n ON n.oid = p.pronamespace
