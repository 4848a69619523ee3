-- The view reads the file of texts as often as it is named: once. {schema}: that of the extension, quoted.
WITH ranked AS MATERIALIZED (
    SELECT s.*, row_number() OVER (ORDER BY s.[[pg_stat_statements.total_exec_time ? total_exec_time : total_time]] DESC) AS by_total,
           row_number() OVER (ORDER BY s.[[pg_stat_statements.mean_exec_time ? mean_exec_time : mean_time]] DESC) AS by_mean
    FROM {schema}.pg_stat_statements s
    WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
)
SELECT CASE WHEN s.query <> '<insufficient privilege>' THEN left(s.query, 10000) END AS query, s.queryid AS query_id, r.rolname AS user,
       s.calls, s.[[pg_stat_statements.total_exec_time ? total_exec_time : total_time]] AS total_ms,
       s.[[pg_stat_statements.mean_exec_time ? mean_exec_time : mean_time]] AS mean_ms,
       s.[[pg_stat_statements.max_exec_time ? max_exec_time : max_time]] AS max_ms,
       s.[[pg_stat_statements.stddev_exec_time ? stddev_exec_time : stddev_time]] AS stddev_ms, s.rows,
       s.shared_blks_hit AS blocks_hit, s.shared_blks_read AS blocks_read, s.temp_blks_read + s.temp_blks_written AS temp_blocks,
       [[pg_stat_statements.wal_bytes ? s.wal_bytes::int8 : 0::int8]] AS wal_bytes
FROM ranked s
LEFT JOIN pg_roles r ON r.oid = s.userid
WHERE s.by_total <= 100 OR s.by_mean <= 50
ORDER BY s.by_total
