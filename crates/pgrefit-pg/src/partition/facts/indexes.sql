-- Indexes of a table. $1: the table by oid.
SELECT c.relname AS name, x.indpred IS NOT NULL AS partial, ts.spcname::text AS tablespace,
       ARRAY(SELECT a.attname::text
             FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (number, place)
             LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number AND k.number > 0
             WHERE k.place <= x.indnkeyatts ORDER BY k.place) AS columns
FROM pg_index x
JOIN pg_class c ON c.oid = x.indexrelid
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
WHERE x.indrelid = $1
ORDER BY c.relname
