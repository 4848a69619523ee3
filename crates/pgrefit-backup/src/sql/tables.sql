-- The relations of users that have rows of their own, with their sizes and a key. A key is one by whose index ranges of rows are
-- told apart: on columns that are not null, and that sort alike on both sides, which texts do under "C" only.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       c.relpersistence = 'u' AS unlogged,
       CASE WHEN c.relkind = 'f' THEN 0 ELSE coalesce(pg_catalog.pg_table_size(c.oid), 0) END AS bytes,
       CASE
           WHEN c.relkind = 'f' THEN 0
           ELSE coalesce(pg_catalog.pg_relation_size(c.oid), 0) / pg_catalog.current_setting('block_size')::bigint
       END AS pages,
       coalesce(k.columns, '{}') AS key
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.place) AS columns
    FROM pg_catalog.pg_index AS i
    CROSS JOIN pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS u (attnum, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = u.attnum
    WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid AND u.place <= i.indnkeyatts
    HAVING pg_catalog.bool_and(
        a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'date'::regtype,
                       'timestamp'::regtype, 'timestamptz'::regtype, 'numeric'::regtype, 'bytea'::regtype)
        OR a.attcollation = 'pg_catalog."C"'::regcollation
    )
) AS k ON true
WHERE (c.relkind IN ('r', 'f') OR c.relkind = 'm' AND c.relispopulated)
  AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
