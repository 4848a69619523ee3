SELECT p.pubname AS name, p.puballtables AS all_tables, p.pubupdate OR p.pubdelete AS updates_or_deletes,
       ARRAY(SELECT r.prrelid FROM pg_publication_rel r WHERE r.prpubid = p.oid ORDER BY 1) AS relations,
       [[pg_publication_namespace ? ARRAY(SELECT s.pnnspid FROM pg_publication_namespace s WHERE s.pnpubid = p.oid ORDER BY 1) : '{}'::oid[] ]]
           AS namespaces
FROM pg_publication p
ORDER BY 1
