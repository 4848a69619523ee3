-- $1: relations by oid. Those behind foreign keys and the clones on partitions are no objects of their own.
SELECT t.tgrelid AS relation, t.tgname AS name, pg_get_triggerdef(t.oid) AS definition, t.tgenabled::text AS enabled
FROM pg_trigger t
JOIN unnest($1::oid[]) AS scope (oid) ON scope.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgparentid = 0
