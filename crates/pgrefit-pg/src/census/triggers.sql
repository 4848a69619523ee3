-- Arguments are ended by zero bytes. Only those of the extension's lo_manage are read: others may be secrets.
SELECT t.oid, t.tgrelid AS relation, t.tgname AS name, t.tgenabled AS enabled, t.tgisinternal AS internal,
       nullif(t.tgconstraint, 0) AS constraint, nullif(t.tgparentid, 0) AS parent, t.tgfoid AS function, t.tgtype AS events, t.tgattr AS columns,
       CASE WHEN t.tgnargs > 0 AND t.tgfoid IN (SELECT d.objid
                                                FROM pg_depend d
                                                JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'lo'
                                                JOIN pg_proc p ON p.oid = d.objid AND p.proname = 'lo_manage'
                                                WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass)
            THEN convert_from(substring(t.tgargs FROM 1 FOR position('\x00'::bytea IN t.tgargs) - 1), getdatabaseencoding()) END
           AS large_object
FROM pg_trigger t
WHERE t.tgrelid IN {user_relations}
