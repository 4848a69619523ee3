SELECT 'index', format('%I.%I on %I.%I', n.nspname, i.relname, tn.nspname, t.relname)
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
WHERE NOT (x.indisvalid AND x.indisready) AND n.nspname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT 'constraint', format('%I on %s', c.conname, coalesce(
    (SELECT format('%I.%I', n.nspname, t.relname) FROM pg_catalog.pg_class t
     JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = c.conrelid),
    (SELECT format('%I.%I', n.nspname, d.typname) FROM pg_catalog.pg_type d
     JOIN pg_catalog.pg_namespace n ON n.oid = d.typnamespace WHERE d.oid = c.contypid)))
FROM pg_catalog.pg_constraint c
WHERE NOT c.convalidated
