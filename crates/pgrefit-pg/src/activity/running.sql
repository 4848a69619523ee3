-- Sessions of this database that run a statement with a mark at its beginning.
SELECT a.pid, nullif(a.application_name, ''), a.usename, a.backend_type, a.state,
       (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000)::int8,
       (extract(epoch FROM clock_timestamp() - a.query_start) * 1000)::int8,
       left(regexp_replace(a.query, '\s+', ' ', 'g'), 200), NULL, NULL, NULL
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.state = 'active' AND starts_with(a.query, $mark)
LIMIT 20
