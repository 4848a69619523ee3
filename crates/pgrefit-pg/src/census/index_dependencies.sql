-- An index depends on the columns of its key, unless it is that of a constraint, and on those of its expressions and predicate.
SELECT i.indexrelid AS index, i.indrelid AS table, key.number AS column
FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey) AS key (number)
WHERE i.indrelid IN {user_relations} AND key.number > 0
UNION
SELECT i.indexrelid, i.indrelid, d.refobjsubid::int2
FROM pg_depend d
JOIN pg_index i ON i.indexrelid = d.objid AND i.indrelid = d.refobjid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
  AND i.indrelid IN {user_relations}
