-- The tables that are to get an index, as the live database has them now: $1 is a JSON list of their schemas and names. One JSON
-- document with their leaf partitions, and all names that are taken. Reads the catalog; locks nothing but catalogs.
WITH RECURSIVE wanted AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind
    FROM pg_catalog.json_to_recordset($1::pg_catalog.json) AS w (schema pg_catalog.text, name pg_catalog.text)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name
    WHERE c.relkind IN ('r', 'p', 'm')
),
tree AS (
    SELECT w.oid AS root, h.inhrelid, true AS is_direct
    FROM wanted AS w
    JOIN pg_catalog.pg_inherits AS h ON h.inhparent = w.oid
    WHERE w.relkind = 'p'
    UNION ALL
    SELECT t.root, h.inhrelid, false
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS h ON h.inhparent = t.inhrelid
),
leaves AS (
    SELECT t.root, pg_catalog.json_agg(pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname, 'is_direct', t.is_direct)
                                       ORDER BY n.nspname, c.relname) AS names
    FROM tree AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.inhrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r'
    GROUP BY t.root
)
SELECT pg_catalog.json_build_object(
    'tables', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'schema', w.nspname, 'name', w.relname, 'is_partitioned', w.relkind = 'p', 'leaves', coalesce(l.names, '[]')
        )), '[]')
        FROM wanted AS w
        LEFT JOIN leaves AS l ON l.root = w.oid
    ),
    'names', (
        SELECT coalesce(pg_catalog.json_agg(c.relname), '[]')
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname NOT LIKE 'pg\_%'
    )
)::pg_catalog.text AS live
