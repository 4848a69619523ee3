-- Publications that a table is in. $1: the table by oid.
SELECT p.pubname AS name, p.pubviaroot AS via_root, pg_has_role(p.pubowner, 'USAGE') AS owned,
       CASE WHEN p.puballtables THEN 'all'
            WHEN EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = $1) THEN 'table'
            ELSE 'schema' END AS reach
FROM pg_publication p
WHERE EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname
              WHERE c.oid = $1 AND t.pubname = p.pubname)
ORDER BY p.pubname
