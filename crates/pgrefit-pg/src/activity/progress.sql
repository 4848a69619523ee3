-- How far the command of a backend has come.
SELECT 'progress', p.phase,
       CASE WHEN p.lockers_total > 0 AND p.phase LIKE 'waiting%' THEN p.lockers_done
            WHEN p.tuples_total > 0 THEN p.tuples_done ELSE p.blocks_done END,
       CASE WHEN p.lockers_total > 0 AND p.phase LIKE 'waiting%' THEN p.lockers_total
            WHEN p.tuples_total > 0 THEN p.tuples_total ELSE p.blocks_total END,
       CASE WHEN p.lockers_total > 0 AND p.phase LIKE 'waiting%' THEN 'lockers'
            WHEN p.tuples_total > 0 THEN 'tuples' ELSE 'blocks' END
FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = $pid
UNION ALL
SELECT 'progress', p.phase, p.heap_blks_scanned, p.heap_blks_total, 'blocks'
FROM pg_catalog.pg_stat_progress_vacuum p WHERE p.pid = $pid
UNION ALL
SELECT 'progress', p.phase, p.heap_blks_scanned, p.heap_blks_total, 'blocks'
FROM pg_catalog.pg_stat_progress_cluster p WHERE p.pid = $pid
