SELECT p.polrelid AS relation, p.polname AS name, p.polcmd AS command, p.polpermissive AS permissive, p.polroles AS roles,
       p.polqual::text AS using, p.polwithcheck::text AS with_check
FROM pg_policy p
WHERE p.polrelid IN {user_relations}
ORDER BY 1, 2
