SELECT p.pid, p.command, p.relation, p.phase, p.done, p.total
FROM (
    SELECT v.datname, v.pid, 'VACUUM' AS command, v.relid AS relation, v.phase, v.heap_blks_scanned AS done, v.heap_blks_total AS total
    FROM pg_stat_progress_vacuum v
    UNION ALL
    SELECT i.datname, i.pid, coalesce(i.command, 'CREATE INDEX'), i.relid, i.phase, i.blocks_done, i.blocks_total
    FROM pg_stat_progress_create_index i
    [[pg_stat_progress_analyze ? UNION ALL
    SELECT a.datname, a.pid, 'ANALYZE', a.relid, a.phase, a.sample_blks_scanned, a.sample_blks_total
    FROM pg_stat_progress_analyze a : ]]
    [[pg_stat_progress_cluster ? UNION ALL
    SELECT c.datname, c.pid, coalesce(c.command, 'CLUSTER'), c.relid, c.phase, c.heap_blks_scanned, c.heap_blks_total
    FROM pg_stat_progress_cluster c : ]]
) AS p
WHERE p.datname = current_database()
ORDER BY p.pid
