SELECT p.oid, p.pronamespace AS namespace, p.proname AS name, oidvectortypes(p.proargtypes) AS signature, p.proowner AS owner,
       p.prokind AS kind, p.prosecdef AS security_definer, [[pg_proc.prosqlbody ? p.prosqlbody IS NOT NULL : false]] AS bound, coalesce(p.proconfig, '{}') AS settings, l.lanname AS language,
       p.provolatile AS volatility, p.proacl::text[] AS acl, t.typname IN ('trigger', 'event_trigger') AS returns_trigger,
       d.objoid IS NOT NULL AS has_comment
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
JOIN pg_type t ON t.oid = p.prorettype
LEFT JOIN pg_depend e ON e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.objsubid = 0 AND e.deptype = 'e'
LEFT JOIN pg_description d ON d.classoid = 'pg_proc'::regclass AND d.objoid = p.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND e.objid IS NULL
