SELECT d.temp_bytes,
       EXTRACT(epoch FROM pg_catalog.now() - coalesce(
           d.stats_reset,
           (SELECT b.stats_reset FROM pg_catalog.pg_stat_bgwriter b),
           pg_catalog.pg_postmaster_start_time()))
FROM pg_catalog.pg_stat_database d
