SELECT i.inhrelid AS child, i.inhparent AS parent, [[pg_inherits.inhdetachpending ? i.inhdetachpending : false]] AS detach_pending
FROM pg_inherits i
WHERE i.inhrelid IN {user_relations}
ORDER BY i.inhrelid, i.inhseqno
