SELECT d.defaclrole AS role, nullif(d.defaclnamespace, 0) AS namespace, d.defaclobjtype AS kind, d.defaclacl::text[] AS acl
FROM pg_default_acl d
ORDER BY d.oid
