SELECT 'index', format('%I.%I on %I.%I', n.nspname, i.relname, tn.nspname, t.relname)
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
-- Not what somebody is building at this moment, and not the index of a partitioned table: it is invalid by design until
-- the last partition's index is attached.
WHERE NOT (x.indisvalid AND x.indisready) AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND i.relkind = 'i'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                  WHERE p.index_relid = x.indexrelid AND p.datname = current_database())
UNION ALL
SELECT 'constraint', format('%I on %s', c.conname, coalesce(
    (SELECT format('%I.%I', n.nspname, t.relname) FROM pg_catalog.pg_class t
     JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = c.conrelid),
    (SELECT format('%I.%I', n.nspname, d.typname) FROM pg_catalog.pg_type d
     JOIN pg_catalog.pg_namespace n ON n.oid = d.typnamespace WHERE d.oid = c.contypid)))
FROM pg_catalog.pg_constraint c
-- NOT ENFORCED (from 18 on) is never validated, on purpose.
WHERE NOT c.convalidated AND coalesce((to_jsonb(c) ->> 'conenforced')::bool, true)
