-- Whether a backend is there and runs a statement, as far as one may see.
SELECT 'active' FROM pg_catalog.pg_stat_activity a WHERE a.pid = $pid AND coalesce(a.state, '') NOT LIKE 'idle%'
