SELECT c.oid AS constraint, c.conbin::text AS expression
FROM pg_constraint c
WHERE c.contype = 'c' AND c.conrelid IN {user_relations}
