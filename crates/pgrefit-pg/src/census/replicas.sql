SELECT r.pid, r.application_name AS application, r.state, r.sync_state, pg_wal_lsn_diff(t.here, r.sent_lsn)::int8 AS send_lag_bytes,
       pg_wal_lsn_diff(t.here, r.flush_lsn)::int8 AS flush_lag_bytes,
       pg_wal_lsn_diff(t.here, r.replay_lsn)::int8 AS replay_lag_bytes, extract(epoch FROM r.replay_lag)::float8 AS replay_lag_s,
       age(r.backend_xmin)::int8 AS xmin_age
FROM pg_stat_replication r
CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                        ELSE pg_current_wal_lsn() END AS here) AS t
ORDER BY r.pid
