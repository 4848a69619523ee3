DO $pgrefit$
DECLARE
    source CONSTANT pg_catalog.regclass := $old;
    target pg_catalog.regclass;
    entry record;
BEGIN
    FOREACH target IN ARRAY ARRAY[
        $tables
    ]::pg_catalog.regclass[] LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO %I', target,
            (SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c WHERE c.oid = source));
        -- What ALTER DEFAULT PRIVILEGES gave to the new table goes first.
        FOR entry IN
            SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC'
                            ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS role
            FROM pg_catalog.pg_class c,
                 pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a
            WHERE c.oid = target
        LOOP
            EXECUTE pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', target, entry.role);
        END LOOP;
        FOR entry IN
            SELECT a.privilege_type AS privilege, NULL AS columns, a.is_grantable AS grantable, a.grantee
            FROM pg_catalog.pg_class c,
                 pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a
            WHERE c.oid = source
            UNION ALL
            SELECT a.privilege_type, pg_catalog.format('(%I)', t.attname), a.is_grantable, a.grantee
            FROM pg_catalog.pg_attribute t, pg_catalog.aclexplode(t.attacl) a
            WHERE t.attrelid = source AND t.attnum > 0 AND NOT t.attisdropped
        LOOP
            EXECUTE pg_catalog.format('GRANT %s %s ON TABLE %s TO %s%s', entry.privilege, entry.columns, target,
                CASE entry.grantee WHEN 0 THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(entry.grantee)) END,
                CASE WHEN entry.grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
    END LOOP;
END
$pgrefit$;
