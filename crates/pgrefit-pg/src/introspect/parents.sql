-- Parents by INHERITS or PARTITION OF, in order. $1: relations by oid.
SELECT i.inhrelid AS relation, n.nspname AS schema, p.relname AS name
FROM pg_inherits i
JOIN unnest($1::oid[]) AS scope (oid) ON scope.oid = i.inhrelid
JOIN pg_class p ON p.oid = i.inhparent
JOIN pg_namespace n ON n.oid = p.relnamespace
ORDER BY i.inhrelid, i.inhseqno
