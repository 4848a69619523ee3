-- Every relation of users with its file and size, and the table that it belongs to: of an index that of its index, of a TOAST
-- table (and its index) that of its values. Temporary ones are left out.
SELECT c.oid, format('%I.%I', n.nspname, c.relname), c.relkind, c.relfilenode, o.oid,
       format('%I.%I', o.nspname, o.relname),
       CASE WHEN c.reltuples >= 0 AND c.relkind IN ('r', 'm', 'p') THEN c.reltuples::int8 END,
       CASE WHEN c.relkind IN ('r', 'm', 'i', 't', 'S') THEN pg_catalog.pg_relation_size(c.oid) END,
       c.relkind IN ('r', 'p', 'v', 'm') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
           AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_class t ON t.reltoastrelid = coalesce(x.indrelid, c.oid) AND t.reltoastrelid <> 0
LEFT JOIN LATERAL (
    SELECT b.oid, b.relname, bn.nspname FROM pg_catalog.pg_class b
    JOIN pg_catalog.pg_namespace bn ON bn.oid = b.relnamespace
    WHERE b.oid = coalesce(t.oid, x.indrelid, c.oid)
) o ON true
WHERE c.oid >= 16384 AND c.relpersistence <> 't' AND c.relkind <> 'c'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
