-- Constraints of tables and domains. $1: relations by oid. The column says NOT NULL, unless it is NOT VALID. A foreign key of a
-- partition follows that of the partitioned table; majors differ in how they catalogue it.
SELECT coalesce(scope.oid, k.contypid) AS relation, k.conname AS name, k.contype::text AS kind,
       pg_get_constraintdef(k.oid) AS definition, k.convalidated AS validated, k.condeferrable AS deferrable
FROM pg_constraint k
LEFT JOIN unnest($1::oid[]) AS scope (oid) ON scope.oid = k.conrelid
WHERE (scope.oid IS NOT NULL OR k.contypid <> 0)
  AND k.contype <> 't'
  AND (k.contype <> 'n' OR NOT k.convalidated)
  AND (k.contype <> 'f' OR k.conparentid = 0)
