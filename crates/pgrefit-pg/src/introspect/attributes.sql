-- Attributes of free-standing composite types, in order. $1: types by oid.
SELECT t.oid AS type_oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       cn.nspname AS collation_schema, co.collname AS collation
FROM pg_type t
JOIN unnest($1::oid[]) AS scope (oid) ON scope.oid = t.oid
JOIN pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type at ON at.oid = a.atttypid
LEFT JOIN pg_collation co ON co.oid = a.attcollation AND a.attcollation <> at.typcollation
LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
ORDER BY t.oid, a.attnum
