-- One table. $1, $2: its schema and name.
SELECT c.oid, n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner)::text AS owner, current_user::text AS role,
       pg_has_role(c.relowner, 'USAGE') AS owned, has_schema_privilege(n.oid, 'CREATE') AS can_create,
       ts.spcname::text AS tablespace, c.reloftype <> 0 AS typed, c.relreplident::text AS replica_identity,
       obj_description(c.oid, 'pg_class') AS comment, row_security_active(c.oid) AS row_security_applies,
       CASE WHEN c.reltuples >= 0 THEN c.reltuples::float8 END AS rows,
       (greatest(c.relpages, 0)::int8 + coalesce(o.relpages, 0)::int8
        + coalesce((SELECT sum(greatest(ic.relpages, 0)) FROM pg_index x JOIN pg_class ic ON ic.oid = x.indexrelid
                    WHERE x.indrelid IN (c.oid, o.oid)), 0)::int8) * current_setting('block_size')::int8 AS bytes,
       ARRAY(SELECT kn.nspname::text FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid
             JOIN pg_namespace kn ON kn.oid = k.relnamespace WHERE i.inhparent = c.oid ORDER BY i.inhrelid) AS child_schemas,
       ARRAY(SELECT k.relname::text FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid
             WHERE i.inhparent = c.oid ORDER BY i.inhrelid) AS child_names,
       ARRAY(SELECT format('%I SET STATISTICS %s', a.attname, a.attstattarget)
             FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget >= 0
             UNION ALL
             -- The two that a user can set; minor releases keep marks of their own there.
             SELECT format('%I SET (%s)', a.attname, o.option)
             FROM pg_attribute a CROSS JOIN unnest(a.attoptions) AS o (option)
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND o.option LIKE 'n\_distinct%')
       AS column_settings
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class o ON o.oid = c.reltoastrelid AND c.reltoastrelid <> 0
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')
