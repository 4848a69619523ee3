-- The form of each password; the password stays where it is.
SELECT a.oid AS role,
       CASE WHEN a.rolpassword LIKE 'SCRAM-SHA-256$%' THEN 'scram' WHEN a.rolpassword ~ '^md5[0-9a-f]{32}$' THEN 'md5' ELSE 'plain' END
           AS kind
FROM pg_authid a
WHERE a.rolpassword IS NOT NULL
ORDER BY 1
