SELECT c.oid, c.conrelid AS relation, CASE WHEN c.contypid <> 0 THEN format_type(c.contypid, NULL) END AS domain, c.conname AS name,
       c.contype AS kind, c.convalidated AS validated, [[pg_constraint.conenforced ? c.conenforced : true]] AS enforced,
       c.condeferrable AS deferrable, nullif(c.conindid, 0) AS index, nullif(c.conparentid, 0) AS parent,
       coalesce(c.conkey, '{}') AS columns, nullif(c.confrelid, 0) AS referenced, coalesce(c.confkey, '{}') AS referenced_columns,
       CASE c.contype WHEN 'f' THEN c.confupdtype END AS on_update, CASE c.contype WHEN 'f' THEN c.confdeltype END AS on_delete,
       CASE c.contype WHEN 'f' THEN c.confmatchtype END AS match_type,
       CASE WHEN c.contype = 'c' AND c.conbin::text LIKE '{NULLTEST %' THEN c.conbin::text END AS null_test
FROM pg_constraint c
WHERE c.conrelid IN {user_relations}
   OR c.contypid <> 0 AND c.contypid IN (SELECT t.oid FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                                         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND t.typtype = 'd')
