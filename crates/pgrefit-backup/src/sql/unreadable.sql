-- What this role could not read whole, in words. pg_dump reads nothing of an extension's own but its configuration tables.
WITH mine AS (
    SELECT c.oid, c.relkind, c.relnamespace, c.relrowsecurity, c.relforcerowsecurity, c.relowner,
           pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name,
           pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS enters
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'S') AND c.relpersistence <> 't'
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend AS d
          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
      )
),
me AS (
    SELECT r.oid, r.rolsuper OR r.rolbypassrls AS bypasses FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user
)
SELECT CASE relkind WHEN 'S' THEN 'sequence ' WHEN 'm' THEN 'materialized view ' ELSE 'table ' END || name
       || CASE
              WHEN NOT enters THEN ' (no USAGE on its schema)'
              WHEN relkind = 'S' THEN ' (no SELECT)'
              WHEN pg_catalog.has_table_privilege(mine.oid, 'SELECT') THEN ' (row security would hide rows)'
              ELSE ' (no SELECT)'
          END
FROM mine, me
WHERE NOT enters
   OR CASE
          WHEN relkind = 'S' THEN NOT pg_catalog.has_sequence_privilege(mine.oid, 'SELECT')
          ELSE NOT pg_catalog.has_table_privilege(mine.oid, 'SELECT')
              OR relrowsecurity AND NOT bypasses
                 AND NOT (pg_catalog.pg_has_role(relowner, 'USAGE') AND NOT relforcerowsecurity)
      END
ORDER BY 1
