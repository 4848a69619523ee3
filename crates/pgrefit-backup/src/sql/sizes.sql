-- The database's oid; bytes of tables and what they keep out of line, and of the whole; the number of tables with rows, without
-- those of the system, whose OIDs are below 16384. No
-- function here opens a relation, so that nobody's lock is waited for; the size of the database is that of its files.
WITH sized AS (
    SELECT c.oid, c.relkind, c.relpages, c.reltuples
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('r', 'm', 't') AND c.relpersistence <> 't'
),
whole AS (
    SELECT CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT') THEN pg_catalog.pg_database_size(d.oid) END AS bytes
    FROM pg_catalog.pg_database AS d
    WHERE d.datname = pg_catalog.current_database()
)
SELECT (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()),
       CASE
           WHEN pg_catalog.bool_or(relkind <> 't' AND reltuples < 0) THEN (SELECT bytes FROM whole)
           ELSE pg_catalog.sum(relpages::bigint) * pg_catalog.current_setting('block_size')::bigint
       END,
       (SELECT bytes FROM whole),
       pg_catalog.count(*) FILTER (WHERE relkind <> 't' AND oid >= 16384),
       (SELECT pg_catalog.sum(pg_catalog.pg_database_size(d.oid))
        FROM pg_catalog.pg_database AS d
        WHERE pg_catalog.has_database_privilege(d.oid, 'CONNECT'))
FROM sized
