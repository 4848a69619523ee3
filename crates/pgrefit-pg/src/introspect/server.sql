-- The counters of a database begin when they are reset. Where that never was, they begin when all counters of the server were
-- last lost: a crash does that, an orderly restart does not. Two of its times say when, because one may have been reset alone.
SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS now,
       current_setting('server_version_num')::int4 AS version_num, current_database()::text AS database,
       pg_is_in_recovery() AS standby, current_setting('track_counts')::bool AS counts,
       current_setting('block_size')::int8 AS block_size,
       extract(epoch FROM now() - coalesce(
           (SELECT pg_stat_get_db_stat_reset_time(d.oid) FROM pg_database d WHERE d.datname = current_database()),
           least(pg_stat_get_bgwriter_stat_reset_time(), (SELECT a.stats_reset FROM pg_stat_get_archiver() a)),
           pg_postmaster_start_time()))::float8 AS counted_for_s
