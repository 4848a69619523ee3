-- Foreign keys that refer to tables. $1: those tables by oid. Those that the server keeps for partitions follow their parents.
SELECT k.confrelid AS relation, tn.nspname AS schema, t.relname AS name, k.conname AS constraint,
       pg_get_constraintdef(k.oid) AS definition, k.convalidated AS validated,
       rn.nspname AS referenced_schema, r.relname AS referenced_name,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS c (number, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number ORDER BY c.place) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS c (number, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.number ORDER BY c.place) AS referenced,
       pg_has_role(t.relowner, 'USAGE') AS owned
FROM pg_constraint k
JOIN pg_class t ON t.oid = k.conrelid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_class r ON r.oid = k.confrelid
JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = ANY ($1::oid[])
ORDER BY tn.nspname, t.relname, k.conname
