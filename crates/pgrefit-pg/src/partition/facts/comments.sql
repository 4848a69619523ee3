-- Comments on what belongs to a table. $1: the table by oid.
SELECT o.kind, o.name, d.description AS text
FROM (
    SELECT 'CONSTRAINT' AS kind, k.conname::text AS name, 'pg_constraint'::regclass AS class, k.oid
    FROM pg_constraint k WHERE k.conrelid = $1
    UNION ALL
    SELECT 'INDEX', c.relname::text, 'pg_class'::regclass, c.oid
    FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indrelid = $1
    UNION ALL
    SELECT 'TRIGGER', t.tgname::text, 'pg_trigger'::regclass, t.oid
    FROM pg_trigger t WHERE t.tgrelid = $1 AND NOT t.tgisinternal
    UNION ALL
    SELECT 'POLICY', p.polname::text, 'pg_policy'::regclass, p.oid
    FROM pg_policy p WHERE p.polrelid = $1
) AS o (kind, name, class, oid)
JOIN pg_description d ON d.classoid = o.class AND d.objoid = o.oid AND d.objsubid = 0
ORDER BY 1, 2
