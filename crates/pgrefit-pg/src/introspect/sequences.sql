-- $1: relations by oid. A sequence of a column that is out of scope is out of scope too.
SELECT q.seqrelid AS relation, format_type(q.seqtypid, NULL) AS type, q.seqstart AS start, q.seqincrement AS increment,
       q.seqmin AS min, q.seqmax AS max, q.seqcache AS cache, q.seqcycle AS cycle,
       d.refobjid AS owner, a.attname AS owner_column
FROM pg_sequence q
JOIN unnest($1::oid[]) AS scope (oid) ON scope.oid = q.seqrelid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = q.seqrelid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
