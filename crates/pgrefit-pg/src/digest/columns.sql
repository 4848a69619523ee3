-- The columns of a relation with the types under their domains, and the send function where an extension's type has one.
WITH RECURSIVE underlying AS (
    SELECT a.attname, a.atttypid AS type_oid
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT u.attname, t.typbasetype
    FROM underlying AS u
    JOIN pg_catalog.pg_type AS t ON t.oid = u.type_oid
    WHERE t.typtype = 'd'
)
SELECT u.attname AS name,
       n.nspname = 'pg_catalog' AS built_in,
       t.typname AS type_name,
       e.extname AS extension,
       t.typsend::regproc::text AS send
FROM underlying AS u
JOIN pg_catalog.pg_type AS t ON t.oid = u.type_oid AND t.typtype <> 'd'
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
LEFT JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
ORDER BY u.attname
