-- $1: functions by oid.
SELECT p.oid, n.nspname || '.' || p.proname AS name
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.oid = ANY ($1::oid[])
