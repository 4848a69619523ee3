SELECT l.pid, l.relation, l.mode, l.granted,
       [[pg_locks.waitstart ? {age_s l.waitstart} : NULL::float8]] AS wait_age_s
FROM pg_locks l
WHERE l.locktype = 'relation' AND (NOT l.granted OR l.mode = 'AccessExclusiveLock')
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
  AND l.pid IS DISTINCT FROM pg_backend_pid()
ORDER BY l.relation, l.granted DESC, l.pid
