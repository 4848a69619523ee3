-- The end of the WAL, then what each standby has replayed, in bytes.
SELECT pg_catalog.pg_wal_lsn_diff(
    CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END,
    '0/0')::int8;
SELECT pg_catalog.pg_wal_lsn_diff(r.replay_lsn, '0/0')::int8
FROM pg_catalog.pg_stat_replication r
-- A base backup is no standby; a role that may not look sees no state.
WHERE r.state IS DISTINCT FROM 'backup'
