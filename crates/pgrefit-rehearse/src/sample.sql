-- Prepared once: a look is to take less than a millisecond. Locks of a backend on relations of this database and on shared
-- catalogs; then what its command is doing.
SET default_transaction_read_only = on;
SET statement_timeout = '2s';
SET plan_cache_mode = force_generic_plan;
SET jit = off;
PREPARE pgrefit_locks (int4) AS
SELECT l.relation, l.mode, l.granted
FROM pg_catalog.pg_lock_status() l
WHERE l.pid = $1 AND l.locktype = 'relation' AND l.mode <> 'SIReadLock'
  AND l.database IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()));
PREPARE pgrefit_phase (int4) AS
SELECT 'phase', p.phase FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = $1
UNION ALL SELECT 'phase', p.phase FROM pg_catalog.pg_stat_progress_cluster p WHERE p.pid = $1
UNION ALL SELECT 'phase', p.phase FROM pg_catalog.pg_stat_progress_vacuum p WHERE p.pid = $1
UNION ALL SELECT 'phase', p.phase FROM pg_catalog.pg_stat_progress_analyze p WHERE p.pid = $1;
EXECUTE pgrefit_locks (0);
EXECUTE pgrefit_phase (0)
