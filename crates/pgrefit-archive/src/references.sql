-- Foreign keys whose rows refer to those of the table.
SELECT n.nspname AS schema, c.relname AS name, f.conname AS constraint_name
FROM pg_catalog.pg_constraint AS f
JOIN pg_catalog.pg_class AS c ON c.oid = f.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE f.contype = 'f' AND f.confrelid = $1
ORDER BY n.nspname, c.relname, f.conname
