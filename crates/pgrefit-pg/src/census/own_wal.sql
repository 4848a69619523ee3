-- $1: the backend that is meant.
SELECT pg_catalog.pg_backend_pid() AS pid, w.wal_bytes::int8 AS bytes
FROM pg_catalog.pg_stat_get_backend_wal(pg_catalog.pg_backend_pid()) w
WHERE pg_catalog.pg_backend_pid() = $1
