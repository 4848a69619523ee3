DO $pgrefit$
DECLARE
    source CONSTANT pg_catalog.regclass := $from;
    target CONSTANT pg_catalog.regclass := $to;
    entry record;
BEGIN
    FOR entry IN
        SELECT a.privilege_type AS privilege, a.is_grantable AS grantable,
               CASE a.grantee WHEN 0 THEN 'PUBLIC'
               ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS role
        FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
        WHERE c.oid = source
    LOOP
        EXECUTE pg_catalog.format('GRANT %s ON SEQUENCE %s TO %s%s', entry.privilege, target, entry.role,
            CASE WHEN entry.grantable THEN ' WITH GRANT OPTION' ELSE '' END);
    END LOOP;
END
$pgrefit$;
