-- {has_password}: what the connection string tells, which only a superuser may ask. It is not taken along.
SELECT s.subname AS name, s.subenabled AS enabled, s.subslotname IS NOT NULL AS has_slot, {has_password} AS has_password
FROM pg_subscription s
WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
ORDER BY 1
