-- From PostgreSQL 14 on.
UNION ALL
SELECT 'progress', p.command, p.bytes_processed, p.bytes_total, 'bytes'
FROM pg_catalog.pg_stat_progress_copy p WHERE p.pid = $pid
