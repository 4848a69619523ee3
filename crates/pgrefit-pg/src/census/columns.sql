SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS name, a.atttypid AS type_oid, a.atttypmod AS typmod,
       a.attnotnull AS not_null, a.atthasdef AS has_default, a.attidentity AS identity, a.attgenerated AS generated,
       a.attstorage AS storage, [[pg_attribute.attcompression ? a.attcompression : NULL::"char"]] AS compression,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::int4 END AS statistics_target,
       a.attcollation AS collation, a.attlen AS length, a.attalign AS alignment, a.attinhcount > 0 AND NOT a.attislocal AS inherited,
       d.objoid IS NOT NULL AS has_comment
FROM pg_attribute a
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND a.attrelid IN (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'f', 'v', 'm'))
