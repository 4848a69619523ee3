SELECT pg_catalog.current_setting('server_version_num'),
       pg_catalog.current_setting('server_version'),
       pg_catalog.pg_is_in_recovery(),
       (SELECT pg_catalog.sum(CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT')
                                   THEN pg_catalog.pg_database_size(d.oid) END)
        FROM pg_catalog.pg_database d),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_database d
        WHERE NOT pg_catalog.has_database_privilege(d.oid, 'CONNECT')),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a
        WHERE coalesce(a.backend_type, 'client backend') = 'client backend' AND a.datid IS NOT NULL
          AND a.pid <> pg_catalog.pg_backend_pid()),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a
        WHERE coalesce(a.backend_type, 'client backend') = 'client backend' AND a.datid IS NOT NULL
          AND a.pid <> pg_catalog.pg_backend_pid()
          AND a.state IS DISTINCT FROM 'idle'),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.relispartition),
       (SELECT pg_catalog.sum(d.temp_bytes) FROM pg_catalog.pg_stat_database d),
       (SELECT EXTRACT(epoch FROM pg_catalog.now() - b.stats_reset) FROM pg_catalog.pg_stat_bgwriter b),
       pg_catalog.pg_has_role('pg_monitor', 'USAGE')
