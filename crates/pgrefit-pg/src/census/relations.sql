-- The age of what has no frozen transaction, and rows that were never counted, are not known. Before 14 the latter looks like an
-- empty table. Neither has_table_privilege nor row_security_active opens the relation: both ask caches of the catalogs.
SELECT c.oid, c.relnamespace AS namespace, c.relname AS name, c.relkind AS kind, c.relpersistence AS persistence, c.relowner AS owner,
       am.amname AS access_method, c.relpages::int8 & 4294967295 AS pages,
       CASE WHEN [[pg_attribute.attcompression ? c.reltuples >= 0 : (c.reltuples > 0 OR c.relpages <> 0)]]
             AND c.relkind IN ('r', 'p', 'f', 'm', 'i', 'I', 't') THEN c.reltuples::float8 END AS rows,
       c.relallvisible::int8 & 4294967295 AS pages_all_visible, nullif(c.reltoastrelid, 0) AS toast, c.relispartition AS is_partition,
       c.reloftype <> 0 AS of_type,
       c.relrowsecurity AS row_security, c.relforcerowsecurity AS row_security_forced, c.relreplident AS replica_identity,
       coalesce(c.reloptions, '{}') AS options, c.relacl::text[] AS acl,
       CASE WHEN c.relfrozenxid <> '0'::xid THEN age(c.relfrozenxid)::int8 END AS xid_age,
       CASE WHEN c.relminmxid <> '0'::xid THEN mxid_age(c.relminmxid)::int8 END AS mxid_age,
       s.spcname AS tablespace, c.relpartbound::text AS bound, e.objid IS NOT NULL AS of_extension, d.objoid IS NOT NULL AS has_comment,
       coalesce(CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT')
                     WHEN c.relkind IN ('r', 'p', 'f', 'm', 'v') THEN has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid) END, false) AS shows_statistics
FROM pg_class c
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_depend e ON e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.objsubid = 0 AND e.deptype = 'e'
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.oid IN {all_relations}
   OR c.oid IN (SELECT i.indexrelid FROM pg_index i WHERE i.indrelid IN {all_relations})
