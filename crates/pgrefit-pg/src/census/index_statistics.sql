SELECT c.oid AS index, pg_stat_get_numscans(c.oid) AS scans,
       [[pg_stat_get_lastscan() ? {age_s pg_stat_get_lastscan(c.oid)} : NULL::float8]]
           AS last_scan_age_s,
       pg_stat_get_tuples_returned(c.oid) AS entries_read, pg_stat_get_tuples_fetched(c.oid) AS rows_fetched,
       pg_stat_get_blocks_fetched(c.oid) - pg_stat_get_blocks_hit(c.oid) AS blocks_read, pg_stat_get_blocks_hit(c.oid) AS blocks_hit
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relkind = 'i' AND i.indrelid IN {all_relations}
