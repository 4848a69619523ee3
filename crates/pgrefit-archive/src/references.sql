-- Foreign keys whose rows refer to those of the table. Of a partition, that of the partitioned table has the name that people know.
SELECT DISTINCT n.nspname AS schema, c.relname AS name, coalesce(whole.conname, f.conname) AS constraint_name
FROM pg_catalog.pg_constraint AS f
JOIN pg_catalog.pg_class AS c ON c.oid = f.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint AS whole ON whole.oid = f.conparentid
WHERE f.contype = 'f' AND f.confrelid = $1
ORDER BY 1, 2, 3
