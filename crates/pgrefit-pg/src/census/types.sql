-- The element of `name` and `point` is a part of them, not of a list. An array of an extension's type belongs to it, too, but only
-- the type itself says so.
WITH RECURSIVE used (oid) AS (
    SELECT DISTINCT a.atttypid FROM pg_attribute a WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN {user_relations}
    UNION
    SELECT part.oid
    FROM used
    JOIN pg_type t ON t.oid = used.oid
    CROSS JOIN LATERAL (VALUES (t.typbasetype), (CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END)) AS part (oid)
    WHERE part.oid <> 0
), owned AS (
    SELECT d.objid, e.extname
    FROM pg_depend d
    JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_type'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
)
SELECT t.oid, n.nspname AS schema, t.typname AS name, t.typtype AS kind, t.typcategory AS category, t.typnotnull AS not_null,
       t.typbasetype AS base, t.typtypmod AS typmod,
       CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END AS element, t.typlen AS length, t.typcollation AS collation,
       t.typstorage AS storage, coalesce(own.extname, of_element.extname) AS extension
FROM used
JOIN pg_type t ON t.oid = used.oid
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN owned own ON own.objid = t.oid
LEFT JOIN owned of_element ON of_element.objid = t.typelem AND t.typcategory = 'A'
ORDER BY t.oid
