-- Partitioned tables. $1, $2: schema and name of the one that is wanted; all that users made if NULL.
SELECT c.oid, n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner)::text AS owner, p.partstrat::text AS strategy,
       pg_get_partkeydef(c.oid) AS key_definition,
       ARRAY(SELECT a.attname::text
             FROM unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (number, place)
             LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0
             ORDER BY k.place) AS columns,
       ARRAY(SELECT format_type(a.atttypid, a.atttypmod)
             FROM unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (number, place)
             LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0
             ORDER BY k.place) AS types
FROM pg_partitioned_table p
JOIN pg_class c ON c.oid = p.partrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't'
  AND ($1::text IS NULL OR n.nspname = $1 AND c.relname = $2)
  AND ($1 IS NOT NULL OR n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema')
ORDER BY n.nspname, c.relname
