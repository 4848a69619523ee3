-- What hangs on app.documents, in words that must be the same before and after a conversion.
SELECT 'owner', pg_get_userbyid(c.relowner)::text, c.relrowsecurity::text || c.relforcerowsecurity::text, c.relreplident::text
FROM pg_class c WHERE c.oid = 'app.documents'::regclass
UNION ALL
SELECT 'grant', pg_get_userbyid(a.grantee)::text, a.privilege_type, a.is_grantable::text
FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid IN ('app.documents'::regclass, 'app.documents_id_seq'::regclass, 'app.recent'::regclass)
UNION ALL
SELECT 'column grant', t.attname || ' ' || pg_get_userbyid(a.grantee), a.privilege_type, a.is_grantable::text
FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = 'app.documents'::regclass
UNION ALL
SELECT 'column', a.attname::text, format_type(a.atttypid, a.atttypmod) || a.attidentity::text || a.attgenerated::text || a.attstorage::text
       || a.attcollation::text, coalesce(pg_get_expr(d.adbin, d.adrelid), '-') || coalesce(nullif(a.attstattarget, -1), 0) || coalesce((SELECT string_agg(o, ',') FROM unnest(a.attoptions) o WHERE o LIKE 'n\_distinct%'), '-')
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = 'app.documents'::regclass AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'sequence', pg_get_serial_sequence('app.documents', 'id'), pg_get_serial_sequence('app.documents', 'number'),
       (SELECT format('%s %s %s %s', s.seqstart, s.seqincrement, s.seqmax, s.seqcache) FROM pg_sequence s
        WHERE s.seqrelid = pg_get_serial_sequence('app.documents', 'id')::regclass)
UNION ALL
SELECT 'constraint', k.conname::text, pg_get_constraintdef(k.oid), k.convalidated::text
FROM pg_constraint k WHERE k.conrelid = 'app.documents'::regclass AND k.contype <> 'n'
UNION ALL
SELECT 'constraint to it', k.conname::text, pg_get_constraintdef(k.oid), k.convalidated::text
FROM pg_constraint k WHERE k.confrelid = 'app.documents'::regclass AND k.conparentid = 0
UNION ALL
SELECT 'index', c.relname::text, replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON '), x.indisvalid::text
FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indrelid = 'app.documents'::regclass
UNION ALL
SELECT 'trigger', t.tgname::text, pg_get_triggerdef(t.oid), t.tgenabled::text
FROM pg_trigger t WHERE t.tgrelid = 'app.documents'::regclass AND NOT t.tgisinternal
UNION ALL
SELECT 'policy', p.policyname::text, p.permissive || p.cmd || p.roles::text, coalesce(p.qual, '-') || coalesce(p.with_check, '-')
FROM pg_policies p WHERE p.schemaname = 'app' AND p.tablename = 'documents'
UNION ALL
SELECT 'statistics', s.stxname::text, pg_get_statisticsobjdef(s.oid), s.stxstattarget::text || coalesce(obj_description(s.oid), '-')
FROM pg_statistic_ext s WHERE s.stxrelid = 'app.documents'::regclass
UNION ALL
SELECT 'comment', coalesce(pg_describe_object(d.classoid, d.objoid, d.objsubid), '-'), d.description, '-'
FROM pg_description d
WHERE d.objoid >= 16384 AND NOT pg_describe_object(d.classoid, d.objoid, d.objsubid) LIKE '%until%'
UNION ALL
SELECT 'view', v.oid::regclass::text, pg_get_viewdef(v.oid), coalesce(v.reloptions::text, '-') || pg_get_userbyid(v.relowner)
FROM pg_class v WHERE v.relkind = 'v' AND v.relnamespace = 'app'::regnamespace
UNION ALL
SELECT 'publication', t.pubname::text, t.schemaname || '.' || t.tablename, '-'
FROM pg_publication_tables t
ORDER BY 1, 2, 3, 4
