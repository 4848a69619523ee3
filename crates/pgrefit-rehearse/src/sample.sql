-- Locks of a backend on relations of this database and on shared catalogs; what its command is doing.
SELECT l.relation, l.mode, l.granted
FROM pg_catalog.pg_locks l
WHERE l.pid = $pid AND l.locktype = 'relation' AND l.mode <> 'SIReadLock'
  AND l.database IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()));
SELECT 'phase', p.phase FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = $pid
UNION ALL SELECT 'phase', p.phase FROM pg_catalog.pg_stat_progress_cluster p WHERE p.pid = $pid
UNION ALL SELECT 'phase', p.phase FROM pg_catalog.pg_stat_progress_vacuum p WHERE p.pid = $pid
UNION ALL SELECT 'phase', p.phase FROM pg_catalog.pg_stat_progress_analyze p WHERE p.pid = $pid
