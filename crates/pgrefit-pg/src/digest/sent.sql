-- The columns of a relation as COPY … (FORMAT binary) writes them: the type under domains, its send function, and what keeps
-- the bytes from meaning the same in another database. Arrays and composites have the numbers of their parts' types in their
-- binary form; only those below 10000 are the same on every server.
WITH RECURSIVE own AS (
    SELECT a.attnum, a.attname, a.atttypid, a.atttypmod, a.attgenerated, a.attidentity,
           -- From PostgreSQL 18 on one may not hold for old rows yet.
           a.attnotnull AND NOT EXISTS (
               SELECT FROM pg_catalog.pg_constraint AS c
               WHERE c.conrelid = a.attrelid AND c.contype = 'n' AND c.conkey[1] = a.attnum AND NOT c.convalidated
           ) AS attnotnull
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = $1::text::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped
), underlying AS (
    SELECT o.attnum, o.atttypid AS type_oid FROM own AS o
    UNION ALL
    SELECT u.attnum, t.typbasetype
    FROM underlying AS u
    JOIN pg_catalog.pg_type AS t ON t.oid = u.type_oid
    WHERE t.typtype = 'd'
), base AS (
    SELECT u.attnum, u.type_oid
    FROM underlying AS u
    JOIN pg_catalog.pg_type AS t ON t.oid = u.type_oid AND t.typtype <> 'd'
), parts AS (
    SELECT b.attnum, b.type_oid, false AS is_numbered FROM base AS b
    UNION
    SELECT p.attnum, below.type_oid, below.is_numbered
    FROM parts AS p
    JOIN pg_catalog.pg_type AS t ON t.oid = p.type_oid
    CROSS JOIN LATERAL (
        SELECT t.typbasetype, false WHERE t.typtype = 'd'
        UNION ALL
        SELECT t.typelem, true WHERE t.typsend = 'pg_catalog.array_send'::pg_catalog.regproc
        UNION ALL
        SELECT a.atttypid, true
        FROM pg_catalog.pg_attribute AS a
        WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT r.rngsubtype, false
        FROM pg_catalog.pg_range AS r
        WHERE t.typtype = 'r' AND r.rngtypid = t.oid
    ) AS below (type_oid, is_numbered)
), obstacles AS (
    SELECT p.attnum, min(CASE
        WHEN t.typsend = 0 OR t.typreceive = 0 THEN
            pg_catalog.format('%s has no binary form', pg_catalog.format_type(t.oid, NULL))
        WHEN p.is_numbered AND t.oid >= 10000 THEN
            pg_catalog.format('its binary form has the number of the type %s, which is another one in every database', pg_catalog.format_type(t.oid, NULL))
        WHEN t.oid < 10000 AND t.typname LIKE 'reg%' THEN
            pg_catalog.format('%s is the number of an object of this database', pg_catalog.format_type(t.oid, NULL))
        END) AS obstacle
    FROM parts AS p
    JOIN pg_catalog.pg_type AS t ON t.oid = p.type_oid
    GROUP BY p.attnum
)
SELECT o.attname AS name,
       pg_catalog.format_type(o.atttypid, o.atttypmod) AS type_name,
       o.atttypid AS type_oid,
       t.oid AS base_oid,
       pg_catalog.format_type(t.oid, NULL) AS base_name,
       o.atttypid <> t.oid AS is_domain,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) AS send,
       CASE WHEN n.nspname = 'pg_catalog' OR EXISTS (
           SELECT FROM pg_catalog.pg_depend AS d
           JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
           WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e' AND e.extname = 'vector'
       ) THEN p.proname END AS well_known_send,
       o.attgenerated <> '' AS is_generated,
       o.attidentity <> '' AS is_identity,
       o.attnotnull AS is_not_null,
       x.obstacle
FROM own AS o
JOIN base AS b ON b.attnum = o.attnum
JOIN pg_catalog.pg_type AS t ON t.oid = b.type_oid
LEFT JOIN pg_catalog.pg_proc AS p ON p.oid = t.typsend
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
LEFT JOIN obstacles AS x ON x.attnum = o.attnum
ORDER BY o.attnum
