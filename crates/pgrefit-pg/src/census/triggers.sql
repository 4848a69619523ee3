SELECT t.oid, t.tgrelid AS relation, t.tgname AS name, t.tgenabled AS enabled, t.tgisinternal AS internal,
       nullif(t.tgconstraint, 0) AS constraint, nullif(t.tgparentid, 0) AS parent, t.tgfoid AS function, t.tgtype AS events
FROM pg_trigger t
WHERE t.tgrelid IN {user_relations}
