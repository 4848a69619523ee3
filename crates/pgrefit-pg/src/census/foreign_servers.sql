SELECT s.srvname AS name, w.fdwname AS wrapper, s.srvowner AS owner, count(m.umid) AS mappings,
       coalesce(bool_or(m.umuser = 0), false) AS public_mapping
FROM pg_foreign_server s
JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
LEFT JOIN pg_user_mappings m ON m.srvid = s.oid
GROUP BY s.srvname, w.fdwname, s.srvowner
ORDER BY 1
