-- Statements that give a table that was made again what no catalog has: privileges, comments, replica identity, and its owner last,
-- after whom the role may have no say.
WITH own AS (
    SELECT c.oid, c.relowner, c.relacl, c.relreplident, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, n.nspname
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = $1
), granted AS (
    SELECT o.name, o.relowner, NULL::name AS attname, a.grantee, a.privilege_type, a.is_grantable
    FROM own AS o CROSS JOIN LATERAL pg_catalog.aclexplode(o.relacl) AS a
    UNION ALL
    SELECT o.name, o.relowner, c.attname, a.grantee, a.privilege_type, a.is_grantable
    FROM own AS o
    JOIN pg_catalog.pg_attribute AS c ON c.attrelid = o.oid AND c.attnum > 0 AND NOT c.attisdropped
    CROSS JOIN LATERAL pg_catalog.aclexplode(c.attacl) AS a
)
SELECT statement FROM (
    SELECT 1 AS step, pg_catalog.format('GRANT %s%s ON %s TO %s%s', privilege_type,
        CASE WHEN attname IS NULL THEN '' ELSE pg_catalog.format(' (%I)', attname) END, name,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
    FROM granted WHERE grantee <> relowner
    UNION ALL
    SELECT 2, pg_catalog.format('COMMENT ON TABLE %s IS %L', o.name, d.description)
    FROM own AS o
    JOIN pg_catalog.pg_description AS d
        ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = o.oid AND d.objsubid = 0
    UNION ALL
    SELECT 3, pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', o.name, a.attname, d.description)
    FROM own AS o
    JOIN pg_catalog.pg_description AS d
        ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = o.oid AND d.objsubid > 0
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.oid AND a.attnum = d.objsubid
    UNION ALL
    SELECT 4, pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY %s', o.name,
        CASE o.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
            ELSE pg_catalog.format('USING INDEX %I', i.relname) END)
    FROM own AS o
    LEFT JOIN pg_catalog.pg_index AS x ON x.indrelid = o.oid AND x.indisreplident
    LEFT JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
    WHERE o.relreplident <> 'd' AND (o.relreplident <> 'i' OR i.oid IS NOT NULL)
    UNION ALL
    SELECT 5, pg_catalog.format('ALTER TABLE %s OWNER TO %I', o.name, pg_catalog.pg_get_userbyid(o.relowner))
    FROM own AS o
) AS statements
ORDER BY step, statement
