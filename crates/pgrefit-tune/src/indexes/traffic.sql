-- The statements of this database that took most time in all. {schema}: that of the extension, quoted. $1: how many; $2: characters
-- of a text.
SELECT s.queryid::int8 AS query_id, pg_catalog.left(s.query, $2::int4) AS query, coalesce(pg_catalog.length(s.query) <= $2, true) AS is_whole,
       s.calls::int8 AS calls, s.total_exec_time AS total_ms
FROM (
    SELECT queryid, nullif(query, '<insufficient privilege>') AS query, pg_catalog.sum(calls) AS calls, pg_catalog.sum(total_exec_time) AS total_exec_time
    FROM {schema}.pg_stat_statements
    WHERE dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
    GROUP BY queryid, query
) AS s
ORDER BY s.total_exec_time DESC, s.queryid
LIMIT $1
