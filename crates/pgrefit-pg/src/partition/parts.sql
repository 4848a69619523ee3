-- Partitions. $1: partitioned tables by oid. Pages are counted for the whole tree below a partition, without asking for a lock.
WITH RECURSIVE tree AS (
    SELECT i.inhparent AS parent, i.inhrelid AS partition, i.inhrelid AS member
    FROM pg_inherits i WHERE i.inhparent = ANY ($1::oid[])
    UNION ALL
    SELECT t.parent, t.partition, i.inhrelid
    FROM tree t JOIN pg_inherits i ON i.inhparent = t.member
), size AS (
    SELECT t.partition,
           sum(CASE WHEN m.reltuples < 0 OR m.relkind = 'p' THEN NULL ELSE m.reltuples END)::float8 AS rows,
           sum(CASE WHEN m.relkind = 'p' THEN 0 ELSE greatest(m.relpages, 0) END::int8 + coalesce(o.relpages, 0)::int8
               + coalesce((SELECT sum(greatest(ic.relpages, 0)) FROM pg_index x JOIN pg_class ic ON ic.oid = x.indexrelid
                           WHERE x.indrelid IN (m.oid, o.oid)), 0))::int8
               * current_setting('block_size')::int8 AS bytes
    FROM tree t
    JOIN pg_class m ON m.oid = t.member
    LEFT JOIN pg_class o ON o.oid = m.reltoastrelid AND m.reltoastrelid <> 0
    GROUP BY t.partition
)
SELECT i.inhparent AS parent, c.oid, n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner)::text AS owner,
       c.relkind::text AS kind, pg_get_expr(c.relpartbound, c.oid) AS bound,
       coalesce((to_jsonb(i) ->> 'inhdetachpending')::bool, false) AS detach_pending,
       obj_description(c.oid, 'pg_class') AS comment, size.rows, size.bytes
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN size ON size.partition = c.oid
WHERE i.inhparent = ANY ($1::oid[])
ORDER BY n.nspname, c.relname
