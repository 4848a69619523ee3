-- What a table is, and what keeps it from being archived: one row, or none where there is no such table.
SELECT c.oid,
       n.nspname AS schema,
       c.relname AS name,
       CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
           WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'i' THEN 'index'
           WHEN 'I' THEN 'partitioned index' ELSE 'relation' END AS kind,
       c.relpersistence = 't' AS is_temporary,
       pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS is_owner,
       pg_catalog.row_security_active(c.oid) AS row_security,
       pg_catalog.pg_table_size(c.oid) AS bytes,
       pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS can_create,
       i.inhparent AS parent_oid,
       pn.nspname AS parent_schema,
       p.relname AS parent_name,
       p.relkind = 'p' AS is_partition,
       pg_catalog.pg_get_userbyid(p.relowner)::text AS parent_owner,
       pg_catalog.pg_has_role(p.relowner, 'USAGE') AS is_parent_owner,
       CASE WHEN p.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(p.oid) END AS key,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound,
       pg_catalog.pg_get_partition_constraintdef(c.oid) AS bound_constraint,
       (SELECT pg_catalog.format('%I.%I', dn.nspname, d.relname)
        FROM pg_catalog.pg_partitioned_table AS t
        JOIN pg_catalog.pg_class AS d ON d.oid = t.partdefid
        JOIN pg_catalog.pg_namespace AS dn ON dn.oid = d.relnamespace
        WHERE t.partrelid = p.oid AND t.partdefid <> 0) AS default_partition,
       (SELECT pg_catalog.format('%I.%I', hn.nspname, h.relname)
        FROM pg_catalog.pg_inherits AS below
        JOIN pg_catalog.pg_class AS h ON h.oid = below.inhrelid
        JOIN pg_catalog.pg_namespace AS hn ON hn.oid = h.relnamespace
        WHERE below.inhparent = c.oid ORDER BY 1 LIMIT 1) AS child,
       current_user::text AS role,
       pg_catalog.current_database()::text AS database,
       pg_catalog.current_setting('server_version_num')::int8 AS version_num,
       pg_catalog.current_setting('server_encoding') AS encoding
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
LEFT JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
ORDER BY i.inhseqno
LIMIT 1
