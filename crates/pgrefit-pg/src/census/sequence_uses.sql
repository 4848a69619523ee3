-- An identity draws by itself; any other column by its default, whether it owns the sequence or not.
SELECT u.sequence, u.relation, u.column, bool_or(u.owned) AS owned, bool_or(u.drawn) AS drawn
FROM (
    SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid::int2 AS column, true AS owned, d.deptype = 'i' AS drawn
    FROM pg_depend d
    JOIN pg_sequence s ON s.seqrelid = d.objid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    UNION ALL
    SELECT d.refobjid, a.adrelid, a.adnum, false, true
    FROM pg_depend d
    JOIN pg_attrdef a ON a.oid = d.objid
    JOIN pg_sequence s ON s.seqrelid = d.refobjid
    WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
) AS u
WHERE u.relation IN {user_relations}
GROUP BY u.sequence, u.relation, u.column
ORDER BY 1, 2, 3
