-- The sequences that feed a column which leads an index, so that its largest value is found at once. last_value is NULL for
-- one that was never used, and for one that this role may not see.
SELECT format('%I.%I', sn.nspname, s.relname),
       format('%I.%I', tn.nspname, t.relname),
       quote_ident(a.attname),
       q.seqincrement < 0,
       v.last_value,
       has_sequence_privilege(s.oid, 'USAGE, SELECT') AND has_column_privilege(t.oid, a.attnum, 'SELECT')
FROM pg_catalog.pg_sequence q
JOIN pg_catalog.pg_class s ON s.oid = q.seqrelid
JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
JOIN pg_catalog.pg_sequences v ON v.schemaname = sn.nspname AND v.sequencename = s.relname
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.oid AND d.objsubid = 0
                           AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_catalog.pg_class t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p')
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.relpersistence <> 't'
  AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
  AND EXISTS (SELECT FROM pg_catalog.pg_index i
              WHERE i.indrelid = t.oid AND i.indkey[0] = a.attnum AND i.indisvalid AND i.indpred IS NULL)
ORDER BY 1
