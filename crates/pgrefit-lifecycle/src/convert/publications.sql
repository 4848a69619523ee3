DO $pgrefit$
DECLARE
    source CONSTANT pg_catalog.regclass := $old;
    target CONSTANT pg_catalog.regclass := $new;
    entry record;
BEGIN
    FOR entry IN
        SELECT p.pubname AS name,
               (SELECT ' (' || pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ') || ')'
                FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = source
                  AND a.attnum::text = ANY (pg_catalog.string_to_array(pg_catalog.to_jsonb(r) ->> 'prattrs', ' '))) AS columns,
               (SELECT ' WHERE (' || (pg_catalog.to_jsonb(t) ->> 'rowfilter') || ')'
                FROM pg_catalog.pg_publication_tables t
                JOIN pg_catalog.pg_class c ON c.oid = source AND c.relname = t.tablename
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = t.schemaname
                WHERE t.pubname = p.pubname) AS condition
        FROM pg_catalog.pg_publication_rel r
        JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
        WHERE r.prrelid = source
    LOOP
        EXECUTE pg_catalog.format('ALTER PUBLICATION %I DROP TABLE %s', entry.name, source);
        EXECUTE pg_catalog.format('ALTER PUBLICATION %I ADD TABLE %s%s%s', entry.name, target, entry.columns, entry.condition);
    END LOOP;
END
$pgrefit$;
