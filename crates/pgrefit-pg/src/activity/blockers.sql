-- Whom a backend waits for.
SELECT a.pid, nullif(a.application_name, ''), a.usename, a.backend_type, a.state,
       (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000)::int8,
       (extract(epoch FROM clock_timestamp() - a.query_start) * 1000)::int8,
       left(regexp_replace(a.query, '\s+', ' ', 'g'), 200), NULL, NULL, NULL
FROM pg_catalog.pg_stat_activity a
WHERE a.pid = ANY (pg_catalog.pg_blocking_pids($pid))
ORDER BY a.xact_start
LIMIT 20
