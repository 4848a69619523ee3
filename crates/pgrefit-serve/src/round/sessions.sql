-- Sessions of clients but for our own, by what they do. A role without pg_monitor sees that there are others, and not what they do.
SELECT pg_catalog.count(*) FILTER (WHERE own AND state = 'active'),
       pg_catalog.count(*) FILTER (WHERE own AND state = 'idle'),
       pg_catalog.count(*) FILTER (WHERE own AND state LIKE 'idle in transaction%'),
       pg_catalog.count(*) FILTER (WHERE own AND (state IS NULL OR state NOT IN ('active', 'idle') AND state NOT LIKE 'idle in transaction%')),
       pg_catalog.count(*) FILTER (WHERE own AND wait_event_type = 'Lock'),
       coalesce(pg_catalog.max(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - xact_start)) FILTER (WHERE own), 0),
       pg_catalog.count(*),
       pg_catalog.current_setting('max_connections')::int - pg_catalog.current_setting('superuser_reserved_connections')::int
           - coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0)
FROM (
    SELECT state, wait_event_type, xact_start,
           datname = pg_catalog.current_database()
               AND application_name IS DISTINCT FROM pg_catalog.current_setting('application_name') AS own
    FROM pg_catalog.pg_stat_activity
    WHERE datname IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
) AS a
