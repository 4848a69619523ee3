SELECT pg_backend_pid() AS pid, w.wal_bytes::int8 AS bytes FROM pg_stat_get_backend_wal(pg_backend_pid()) w, pg_stat_force_next_flush()
