-- The statements of this database that took most time in all. {schema}: that of the extension, quoted. $1: how many; $2: characters
-- of a text.
SELECT s.queryid::int8 AS query_id, left(s.query, $2::int4) AS query, coalesce(length(s.query) <= $2, true) AS is_whole,
       s.calls::int8 AS calls, s.mean_exec_time AS mean_ms, s.max_exec_time AS max_ms, s.rows::int8 AS rows
FROM (
    SELECT queryid, nullif(query, '<insufficient privilege>') AS query, calls, mean_exec_time, max_exec_time, total_exec_time, rows
    FROM {schema}.pg_stat_statements
    WHERE dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
) AS s
ORDER BY s.total_exec_time DESC, s.queryid
LIMIT $1
