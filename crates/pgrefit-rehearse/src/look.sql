-- The end of the WAL, and whether temporary files are told to this session.
SELECT 'now', pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::int8,
       pg_catalog.current_setting('log_temp_files') = '0' AND pg_catalog.current_setting('client_min_messages') IN ('log', 'debug1', 'debug2', 'debug3', 'debug4', 'debug5');
-- What this transaction has locked, with what it has read and written there so far.
SELECT 'relation', l.oid, l.modes, CASE WHEN c.oid IS NOT NULL THEN pg_catalog.format('%I.%I', n.nspname, c.relname) END, c.relkind, c.relfilenode, o.oid,
       CASE WHEN o.oid IS NOT NULL THEN pg_catalog.format('%I.%I', o.nspname, o.relname) END,
       CASE WHEN c.relkind IN ('r', 'm', 'i', 't', 'S') THEN pg_catalog.pg_relation_size(c.oid) END,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.concat_ws(' ',
           pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),
           pg_catalog.pg_stat_get_xact_tuples_hot_updated(c.oid), pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid),
           pg_catalog.pg_stat_get_xact_tuples_returned(c.oid), pg_catalog.pg_stat_get_xact_numscans(c.oid),
           pg_catalog.pg_stat_get_xact_blocks_fetched(c.oid)) END,
       c.relpersistence = 't'
FROM (
    SELECT k.relation AS oid, pg_catalog.string_agg(k.mode, ' ') AS modes
    FROM pg_catalog.pg_locks k
    WHERE k.pid = pg_catalog.pg_backend_pid() AND k.locktype = 'relation' AND k.granted
      AND k.mode <> 'SIReadLock'
    GROUP BY k.relation
) l
LEFT JOIN pg_catalog.pg_class c ON c.oid = l.oid
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_class t ON t.reltoastrelid = coalesce(x.indrelid, c.oid) AND t.reltoastrelid <> 0
LEFT JOIN LATERAL (
    SELECT b.oid, b.relname, bn.nspname FROM pg_catalog.pg_class b
    JOIN pg_catalog.pg_namespace bn ON bn.oid = b.relnamespace
    WHERE b.oid = coalesce(t.oid, x.indrelid, c.oid)
) o ON true
