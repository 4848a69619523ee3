-- One row: active backends of others, those that wait for a lock, and the bytes of WAL that the furthest standby is behind. Others
-- are those under another application_name than this session, which has one of its own (see name.rs). Where this role may not see, NULL. Locks nothing but catalogs.
WITH others AS MATERIALIZED (
    SELECT a.pid, a.state, a.backend_type
    FROM pg_catalog.pg_stat_activity a
    WHERE a.application_name OPERATOR(pg_catalog.<>) pg_catalog.current_setting('application_name')
)
SELECT
    (SELECT pg_catalog.count(*) FROM others o WHERE o.state OPERATOR(pg_catalog.=) 'active' AND o.backend_type OPERATOR(pg_catalog.=) 'client backend'),
    (SELECT pg_catalog.count(DISTINCT l.pid) FROM pg_catalog.pg_locks l
     WHERE NOT l.granted AND l.pid OPERATOR(pg_catalog.=) ANY (SELECT o.pid FROM others o)),
    CASE WHEN pg_catalog.pg_is_in_recovery()
        THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())
        ELSE (SELECT pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn))
              FROM pg_catalog.pg_stat_replication r)
    END
