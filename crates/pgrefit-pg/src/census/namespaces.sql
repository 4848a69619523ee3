SELECT n.oid, n.nspname AS name, n.nspowner AS owner, n.nspacl::text[] AS acl,
       EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e') AS of_extension,
       EXISTS (SELECT FROM pg_description c WHERE c.classoid = 'pg_namespace'::regclass AND c.objoid = n.oid AND c.objsubid = 0)
           AS has_comment
FROM pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.oid
