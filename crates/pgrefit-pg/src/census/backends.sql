-- pg_blocking_pids() stops the lock manager for a moment: it is asked of those who wait only. What they wait for is hidden from a
-- plain role, that they wait is not.
SELECT a.pid, a.leader_pid AS leader, a.datname AS database, a.usename AS user, a.application_name AS application,
       a.backend_type AS kind, a.state, a.wait_event_type, a.wait_event,
       {age_s a.backend_start} AS backend_age_s,
       {age_s a.xact_start} AS transaction_age_s,
       {age_s a.query_start} AS query_age_s,
       {age_s a.state_change} AS state_age_s,
       age(a.backend_xmin)::int8 AS xmin_age, age(a.backend_xid)::int8 AS xid_age,
       CASE WHEN a.query <> '<insufficient privilege>' THEN left(a.query, 2000) END AS query,
       coalesce(a.query = '<insufficient privilege>', false) AS hidden,
       CASE WHEN a.client_addr IS NOT NULL THEN s.ssl END AS tls,
       CASE WHEN a.client_port = -1 THEN true
            WHEN a.client_addr IS NOT NULL THEN a.client_addr <<= '127.0.0.0/8'::inet OR a.client_addr = '::1'::inet END AS is_local,
       CASE WHEN a.pid IN (SELECT l.pid FROM pg_locks l WHERE NOT l.granted AND l.pid IS NOT NULL) THEN pg_blocking_pids(a.pid)
            ELSE '{}' END AS blocked_by
FROM pg_stat_activity a
LEFT JOIN pg_stat_ssl s ON s.pid = a.pid
WHERE a.pid <> pg_backend_pid()
ORDER BY a.pid
