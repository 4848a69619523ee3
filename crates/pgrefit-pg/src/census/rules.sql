SELECT r.ev_class AS relation, r.rulename AS name, r.ev_enabled AS enabled
FROM pg_rewrite r
WHERE r.rulename <> '_RETURN' AND r.ev_class IN {user_relations}
ORDER BY 1, 2
