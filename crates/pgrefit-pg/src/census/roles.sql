SELECT r.oid, r.rolname AS name, r.rolsuper AS superuser, r.rolcreaterole AS create_role, r.rolcreatedb AS create_db,
       r.rolcanlogin AS login, r.rolreplication AS replication, r.rolbypassrls AS bypass_row_security, r.rolconnlimit AS connection_limit,
       CASE WHEN r.rolvaliduntil = '-infinity' THEN 1e18::float8
            WHEN isfinite(r.rolvaliduntil) THEN extract(epoch FROM clock_timestamp() - r.rolvaliduntil)::float8 END AS expired_for_s,
       coalesce(a.connections, 0) AS connections
FROM pg_roles r
LEFT JOIN (SELECT a.usesysid, count(*) AS connections
           FROM pg_stat_activity a
           WHERE a.datid IS NOT NULL AND coalesce(a.backend_type, 'client backend') = 'client backend'
           GROUP BY a.usesysid) AS a ON a.usesysid = r.oid
ORDER BY r.oid
