-- What partitions of a table have that LIKE does not say: $parent by oid. Storage parameters are those of the newest partition.
SELECT * FROM (
    SELECT 'with', pg_catalog.array_to_string(c.reloptions, ', ')
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = $parent AND c.reloptions IS NOT NULL AND c.relkind = 'r'
    ORDER BY c.oid DESC LIMIT 1
) AS newest (kind, text)
UNION ALL
SELECT 'tablespace', pg_catalog.quote_ident(t.spcname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace WHERE c.oid = $parent
UNION ALL
SELECT 'foreign key', pg_catalog.format('CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid))
FROM pg_catalog.pg_constraint k WHERE k.conrelid = $parent AND k.contype = 'f' AND k.conparentid = 0
UNION ALL
-- Nobody reads past the policies by way of a partition.
SELECT 'more', 'ALTER TABLE $partition ENABLE ROW LEVEL SECURITY'
FROM pg_catalog.pg_class c WHERE c.oid = $parent AND c.relrowsecurity
UNION ALL
SELECT 'more', 'ALTER TABLE $partition REPLICA IDENTITY ' || CASE c.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END
FROM pg_catalog.pg_class c WHERE c.oid = $parent AND c.relreplident IN ('f', 'n')
