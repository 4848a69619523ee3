-- How each sequence can be read: by name with SELECT, unless somebody holds or awaits a lock that keeps readers out. An unlogged
-- one cannot be read on a standby.
SELECT c.oid, n.nspname AS schema, c.relname AS name,
       coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'SELECT'), false) AS permitted,
       c.oid IN (SELECT l.relation FROM pg_locks l
                 WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
                   AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) AS locked,
       pg_is_in_recovery() AND c.relpersistence <> 'p' AS unlogged_on_standby
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
