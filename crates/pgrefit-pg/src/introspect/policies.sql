-- $1: relations by oid.
SELECT p.polrelid AS relation, p.polname AS name, p.polcmd::text AS command, p.polpermissive AS permissive,
       ARRAY(SELECT CASE member.oid WHEN 0 THEN 'public' ELSE pg_get_userbyid(member.oid)::text END
             FROM unnest(p.polroles) AS member (oid)) AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
FROM pg_policy p
JOIN unnest($1::oid[]) AS scope (oid) ON scope.oid = p.polrelid
