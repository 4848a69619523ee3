-- The columns of the parent's partition key, or else of the table's primary key.
WITH partition_key AS (
    SELECT a.attname AS name, k.place
    FROM pg_catalog.pg_partitioned_table AS p
    CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
    WHERE p.partrelid = $2
), primary_key AS (
    SELECT a.attname AS name, k.place
    FROM pg_catalog.pg_constraint AS c
    CROSS JOIN LATERAL pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
    WHERE c.conrelid = $1 AND c.contype = 'p'
)
SELECT name, place FROM partition_key
UNION ALL
SELECT name, place FROM primary_key WHERE NOT EXISTS (SELECT FROM partition_key)
ORDER BY place
