-- What a file needs to know of each column of a table.
SELECT a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       CASE WHEN n.nspname = 'pg_catalog' OR e.extname = 'vector' THEN s.proname END,
       a.attnotnull,
       CASE WHEN s.proname = 'array_send' THEN 'element' END,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(s.proname)
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
JOIN pg_catalog.pg_proc AS s ON s.oid = t.typsend
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.pronamespace
LEFT JOIN pg_catalog.pg_depend AS d
  ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = s.oid AND d.deptype = 'e'
LEFT JOIN pg_catalog.pg_extension AS e
  ON e.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
WHERE a.attrelid = ':table'::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
