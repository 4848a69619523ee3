SELECT l.lanname AS name, l.lanpltrusted AS trusted, count(p.oid) AS routines
FROM pg_language l
LEFT JOIN (SELECT p.oid, p.prolang
           FROM pg_proc p
           JOIN pg_namespace n ON n.oid = p.pronamespace
           LEFT JOIN pg_depend e ON e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.objsubid = 0 AND e.deptype = 'e'
           WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND e.objid IS NULL) AS p ON p.prolang = l.oid
GROUP BY l.lanname, l.lanpltrusted
ORDER BY 1
