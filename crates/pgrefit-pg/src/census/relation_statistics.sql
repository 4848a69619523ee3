-- The functions behind pg_stat_all_tables and pg_statio_all_tables: the views would join and count indexes anew.
SELECT c.oid AS relation, pg_stat_get_numscans(c.oid) AS seq_scans, pg_stat_get_tuples_returned(c.oid) AS seq_rows,
       coalesce(i.scans, 0) AS index_scans,
       [[pg_stat_get_lastscan() ? {age_s pg_stat_get_lastscan(c.oid)} : NULL::float8]]
           AS last_seq_scan_age_s,
       pg_stat_get_tuples_inserted(c.oid) AS inserts, pg_stat_get_tuples_updated(c.oid) AS updates,
       pg_stat_get_tuples_hot_updated(c.oid) AS hot_updates,
       [[pg_stat_get_tuples_newpage_updated() ? pg_stat_get_tuples_newpage_updated(c.oid) : NULL::int8]] AS newpage_updates,
       pg_stat_get_tuples_deleted(c.oid) AS deletes, pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_dead_tuples(c.oid) AS dead,
       pg_stat_get_mod_since_analyze(c.oid) AS changes_since_analyze,
       pg_stat_get_ins_since_vacuum(c.oid) AS inserts_since_vacuum,
       {age_s greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))} AS last_vacuum_age_s,
       {age_s greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid))} AS last_analyze_age_s,
       pg_stat_get_autovacuum_count(c.oid) AS autovacuums,
       pg_stat_get_blocks_fetched(c.oid) - pg_stat_get_blocks_hit(c.oid) AS heap_blocks_read,
       pg_stat_get_blocks_hit(c.oid) AS heap_blocks_hit
FROM pg_class c
LEFT JOIN (SELECT i.indrelid, sum(pg_stat_get_numscans(i.indexrelid))::int8 AS scans
           FROM pg_index i
           WHERE i.indrelid IN {all_relations}
           GROUP BY i.indrelid) AS i ON i.indrelid = c.oid
WHERE c.relkind IN ('r', 'm', 't', 'p') AND c.oid IN {all_relations}
