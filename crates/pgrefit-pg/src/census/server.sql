-- The server, the database, the role.
-- The counters of a database begin when they are reset. Where that never was, they begin when all counters of the server were
-- last lost: a crash does that, an orderly restart does not. Two of its times say when, because one may have been reset alone.
SELECT current_setting('server_version_num')::int4 AS version_num, current_setting('server_version') AS version,
       to_char(t.clock AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS taken_at,
       extract(epoch FROM t.clock)::float8 AS taken_at_epoch_s,
       d.datname AS database, d.oid AS database_oid, current_user::text AS user,
       coalesce((SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user), false) AS is_superuser,
       coalesce((SELECT pg_has_role(r.oid, 'USAGE') FROM pg_roles r WHERE r.rolname = 'pg_monitor'), false) AS has_pg_monitor,
       coalesce((SELECT pg_has_role(r.oid, 'USAGE') FROM pg_roles r WHERE r.rolname = 'pg_read_all_data'),
                (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user), false) AS has_pg_read_all_data,
       pg_is_in_recovery() AS in_recovery,
       greatest(extract(epoch FROM t.clock - pg_postmaster_start_time()), 0)::float8 AS started_age_s,
       greatest(extract(epoch FROM t.clock - coalesce(
           pg_stat_get_db_stat_reset_time(d.oid),
           least(pg_stat_get_bgwriter_stat_reset_time(), (SELECT a.stats_reset FROM pg_stat_get_archiver() a)),
           pg_postmaster_start_time())), 0)::float8 AS counted_for_s,
       current_setting('block_size')::int8 AS block_size, NULL::int8 AS system_identifier, pg_backend_pid() AS pid
FROM pg_database d
CROSS JOIN (SELECT clock_timestamp() AS clock) AS t
WHERE d.datname = current_database()
