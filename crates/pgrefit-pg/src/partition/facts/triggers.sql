-- Triggers for each row. $1: the table by oid.
SELECT t.tgname AS name, t.tgtype & 2 <> 0 AS before, t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL AS transition_tables,
       t.tgconstraint <> 0 AS constraint, coalesce(p.prosrc, '') AS source
FROM pg_trigger t
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = $1 AND NOT t.tgisinternal AND t.tgtype & 1 <> 0
ORDER BY t.tgname
