-- Extensions that a table cannot be made without: those that its types, operator classes and functions belong to.
WITH RECURSIVE needed (class, object) AS (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::oid, $1::oid
    UNION
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::oid, i.indexrelid FROM pg_catalog.pg_index AS i WHERE i.indrelid = $1
    UNION
    SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass::oid, d.oid FROM pg_catalog.pg_attrdef AS d WHERE d.adrelid = $1
    UNION
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass::oid, c.oid
    FROM pg_catalog.pg_constraint AS c WHERE c.conrelid = $1 AND c.contype <> 'f'
    UNION
    SELECT d.refclassid, d.refobjid
    FROM needed AS n
    JOIN pg_catalog.pg_depend AS d ON d.classid = n.class AND d.objid = n.object
    WHERE d.refclassid NOT IN ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_namespace'::pg_catalog.regclass,
                               'pg_catalog.pg_extension'::pg_catalog.regclass)
)
SELECT DISTINCT e.extname AS name
FROM needed AS n
JOIN pg_catalog.pg_depend AS d ON d.classid = n.class AND d.objid = n.object AND d.deptype = 'e'
JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
ORDER BY 1
