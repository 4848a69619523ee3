SELECT s.slot_name AS name, s.slot_type AS kind, s.plugin, s.database, s.active, s.temporary,
       pg_wal_lsn_diff(t.here, s.restart_lsn)::int8 AS retained_bytes, s.wal_status, s.safe_wal_size AS safe_wal_bytes,
       age(s.xmin)::int8 AS xmin_age, age(s.catalog_xmin)::int8 AS catalog_xmin_age,
       [[pg_replication_slots.invalidation_reason ? s.invalidation_reason :
         [[pg_replication_slots.conflicting ? CASE WHEN s.conflicting THEN 'conflicting' END : NULL::text]]]] AS invalidation,
       [[pg_replication_slots.inactive_since ? {age_s s.inactive_since} : NULL::float8]] AS inactive_age_s
FROM pg_replication_slots s
CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                        ELSE pg_current_wal_lsn() END AS here) AS t
ORDER BY 1
