-- Functions, procedures and aggregates. $1: schemas by oid. {body}: the parsed body, from PostgreSQL 14 on. What belongs to an
-- extension, or was made for a range type, is no object of its own.
SELECT n.nspname AS schema, p.proname AS name, p.prokind::text AS kind, oidvectortypes(p.proargtypes) AS signature,
       pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result, l.lanname AS language,
       p.provolatile::text AS volatility, p.proisstrict AS strict, p.prosecdef AS security_definer,
       p.proleakproof AS leakproof, p.proparallel::text AS parallel, coalesce(p.proconfig, '{}') AS settings,
       CASE WHEN p.prokind = 'a' THEN
           format('%s %s %s %s %s %s %s %L', a.aggkind, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn,
                  a.aggdeserialfn, format_type(a.aggtranstype, NULL), a.agginitval)
       ELSE coalesce({body}, p.prosrc) END AS source
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
WHERE p.pronamespace = ANY ($1::oid[])
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
