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
       pg_catalog.pg_has_role('pg_monitor', 'USAGE'),
       (SELECT pg_catalog.max(pg_catalog.pg_wal_lsn_diff(
                   CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                        ELSE pg_catalog.pg_current_wal_lsn() END, r.restart_lsn))
        FROM pg_catalog.pg_replication_slots r
        WHERE r.wal_status IS DISTINCT FROM 'lost')
