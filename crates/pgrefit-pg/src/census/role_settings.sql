SELECT d.datname AS database, r.rolname AS role, coalesce(s.setconfig, '{}') AS settings
FROM pg_db_role_setting s
LEFT JOIN pg_database d ON d.oid = s.setdatabase
LEFT JOIN pg_roles r ON r.oid = s.setrole
ORDER BY 1, 2
