-- What:  who may read documents may read document_counts, source_stats, documents_search and documents_signs.
-- Why:   the new queries of the application read them. Who may write documents needs no new right: the triggers write
--        with those of the owner.
-- Locks: ACCESS EXCLUSIVE on none; the rights of the four relations are written. Milliseconds.
-- Data:  none.
DO $$
DECLARE
    reader text;
BEGIN
    FOR reader IN
        SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
        FROM pg_class, aclexplode(relacl)
        WHERE oid = 'documents'::regclass AND privilege_type = 'SELECT' AND grantee <> relowner
    LOOP
        EXECUTE format('GRANT SELECT ON document_counts, source_stats, documents_search, documents_signs TO %s', reader);
    END LOOP;
END
$$;
