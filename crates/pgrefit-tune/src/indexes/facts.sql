-- What the search must know of the tables of a database, as one JSON document. Reads the catalog and the statistics; locks nothing.
WITH relations AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples,
           coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)::oid AS root,
           c.relispartition
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
      AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend AS d
          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
      )
),
leaves AS (
    SELECT r.root, pg_catalog.sum(greatest(r.reltuples, 0)) AS row_count, pg_catalog.sum(pg_catalog.pg_relation_size(r.oid)) / pg_catalog.current_setting('block_size')::int8 AS pages,
           pg_catalog.sum(pg_catalog.pg_table_size(r.oid)) AS bytes,
           pg_catalog.json_agg(pg_catalog.json_build_object('schema', r.nspname, 'name', r.relname, 'is_direct',
               EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = r.oid AND h.inhparent = r.root)) ORDER BY r.nspname, r.relname) AS names
    FROM relations AS r
    WHERE r.relkind <> 'p'
    GROUP BY r.root
)
SELECT pg_catalog.json_build_object(
    'tables', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'oid', r.oid::int8, 'schema', r.nspname, 'name', r.relname, 'kind', r.relkind::text,
            'rows', l.row_count, 'pages', l.pages::int8, 'bytes', l.bytes, 'leaves', l.names,
            'columns', (
                SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'name', a.attname, 'type', pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), t.oid), a.atttypmod),
                    'base', b.typname, 'category', b.typcategory::text,
                    'not_null', a.attnotnull, 'is_generated', a.attgenerated <> '',
                    'width', s.avg_width, 'null_part', s.null_frac, 'distinct', s.n_distinct, 'correlation', s.correlation,
                    'common', (s.most_common_vals::text::text[])[1:50], 'parts', (s.most_common_freqs)[1:50],
                    'bounds', (s.histogram_bounds::text::text[])[1:101]
                ) ORDER BY a.attnum), '[]')
                FROM pg_catalog.pg_attribute AS a
                JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
                JOIN pg_catalog.pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
                LEFT JOIN LATERAL (
                    SELECT p.* FROM pg_catalog.pg_stats AS p
                    WHERE p.schemaname = r.nspname AND p.tablename = r.relname AND p.attname = a.attname
                    ORDER BY p.inherited DESC LIMIT 1
                ) AS s ON true
                WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
            ),
            'indexes', (
                SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'schema', m.nspname, 'name', i.relname, 'method', am.amname, 'is_unique', x.indisunique, 'is_valid', x.indisvalid,
                    'is_constraint', EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = x.indexrelid),
                    'keys', (SELECT pg_catalog.json_agg(pg_catalog.pg_get_indexdef(x.indexrelid, n, false) ORDER BY n)
                             FROM pg_catalog.generate_series(1, x.indnkeyatts::int4) AS n),
                    'options', (SELECT pg_catalog.json_agg(x.indoption[n - 1] ORDER BY n)
                                FROM pg_catalog.generate_series(1, x.indnkeyatts::int4) AS n),
                    'classes', (SELECT pg_catalog.json_agg(CASE WHEN o.opcdefault THEN NULL ELSE o.opcname END ORDER BY n)
                                FROM pg_catalog.generate_series(1, x.indnkeyatts::int4) AS n
                                JOIN pg_catalog.pg_opclass AS o ON o.oid = x.indclass[n - 1]),
                    'included', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.pg_get_indexdef(x.indexrelid, n, false) ORDER BY n), '[]')
                                 FROM pg_catalog.generate_series(x.indnkeyatts + 1, x.indnatts::int4) AS n),
                    'predicate', pg_catalog.pg_get_expr(x.indpred, x.indrelid)
                ) ORDER BY i.relname), '[]')
                FROM pg_catalog.pg_index AS x
                JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
                JOIN pg_catalog.pg_namespace AS m ON m.oid = i.relnamespace
                JOIN pg_catalog.pg_am AS am ON am.oid = i.relam
                WHERE x.indrelid = r.oid
            )
        ) ORDER BY r.nspname, r.relname), '[]')
        FROM relations AS r
        LEFT JOIN leaves AS l ON l.root = r.oid
        WHERE NOT r.relispartition
    ),
    'foreign_keys', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', k.conname, 'schema', r.nspname, 'table', r.relname,
            'columns', (SELECT pg_catalog.json_agg(a.attname ORDER BY o.n)
                        FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS o (num, n)
                        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = o.num)
        ) ORDER BY r.nspname, r.relname, k.conname), '[]')
        FROM pg_catalog.pg_constraint AS k
        JOIN relations AS r ON r.oid = k.conrelid
        WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT r.relispartition
    ),
    'names', (SELECT coalesce(pg_catalog.json_agg(c.relname), '[]') FROM pg_catalog.pg_class AS c WHERE c.relkind IN ('i', 'I', 'r', 'p', 'm', 'v', 'S', 'f')
              AND c.relnamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace AS n WHERE n.nspname NOT LIKE 'pg\_%')),
    'extensions', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', e.extname, 'schema', n.nspname)), '[]')
                   FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace)
)::text
