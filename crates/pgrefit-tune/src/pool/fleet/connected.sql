-- Client backends by their application_name, the most first. A role that may not see of which kind a backend is counts every one that
-- is in a database: rather too many than too few. Reads a view of statistics; locks nothing.
SELECT coalesce(a.application_name, ''), pg_catalog.count(*)
FROM pg_catalog.pg_stat_activity AS a
WHERE coalesce(a.backend_type, 'client backend') = 'client backend'
  AND a.datid IS NOT NULL
  AND a.pid <> pg_catalog.pg_backend_pid()
GROUP BY 1
ORDER BY 2 DESC, 1
