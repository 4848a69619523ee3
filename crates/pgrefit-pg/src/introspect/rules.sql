-- $1: relations by oid. The rule _RETURN is the view.
SELECT r.ev_class AS relation, r.rulename AS name, pg_get_ruledef(r.oid) AS definition, r.ev_enabled::text AS enabled
FROM pg_rewrite r
JOIN unnest($1::oid[]) AS scope (oid) ON scope.oid = r.ev_class
WHERE r.rulename <> '_RETURN'
