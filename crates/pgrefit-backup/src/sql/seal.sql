-- SQL, in order, that keeps sessions in this copy from reaching others. Triggers of users are not to hear of it. Wrappers that speak
-- libpq get an address where nobody is; all others lose what reaches out.
WITH steps AS (
    SELECT 1 AS step, 'SET LOCAL session_replication_role = replica' AS sql, NULL AS note
    WHERE pg_catalog.current_setting('is_superuser') = 'on'
    UNION ALL
    SELECT 2,
           pg_catalog.format(
               'ALTER SUBSCRIPTION %1$I DISABLE; ALTER SUBSCRIPTION %1$I SET (slot_name = NONE); '
               'ALTER SUBSCRIPTION %1$I CONNECTION ''host=127.0.0.1 port=1 connect_timeout=3''', s.subname),
           'subscriptions of the copy lead nowhere'
    FROM pg_catalog.pg_subscription AS s
    WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
    UNION ALL
    SELECT 3,
           pg_catalog.format('ALTER SERVER %I OPTIONS (%s)', s.srvname, o.changes),
           'foreign servers of the copy lead nowhere'
    FROM pg_catalog.pg_foreign_server AS s
    JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
    JOIN pg_catalog.pg_proc AS v ON v.oid = w.fdwvalidator
    CROSS JOIN LATERAL (
        SELECT pg_catalog.string_agg(
                   CASE
                       WHEN dead.value IS NULL THEN 'DROP ' || dead.name
                       WHEN has.option_name IS NULL THEN 'ADD ' || dead.name || ' ' || pg_catalog.quote_literal(dead.value)
                       ELSE 'SET ' || dead.name || ' ' || pg_catalog.quote_literal(dead.value)
                   END, ', ') AS changes
        FROM (VALUES ('host', '127.0.0.1'), ('port', '1'), ('hostaddr', NULL), ('service', NULL)) AS dead (name, value)
        LEFT JOIN pg_catalog.pg_options_to_table(s.srvoptions) AS has ON has.option_name = dead.name
        WHERE dead.value IS NOT NULL OR has.option_name IS NOT NULL
    ) AS o
    WHERE v.proname IN ('postgres_fdw_validator', 'dblink_fdw_validator', 'postgresql_fdw_validator')
    UNION ALL
    SELECT 4,
           pg_catalog.format('ALTER FOREIGN DATA WRAPPER %I NO HANDLER', w.fdwname),
           'foreign servers of the copy lead nowhere'
    FROM pg_catalog.pg_foreign_data_wrapper AS w
    LEFT JOIN pg_catalog.pg_proc AS v ON v.oid = w.fdwvalidator
    WHERE w.fdwhandler <> 0
      AND coalesce(v.proname::text, '') NOT IN ('postgres_fdw_validator', 'dblink_fdw_validator', 'postgresql_fdw_validator')
      AND EXISTS (SELECT FROM pg_catalog.pg_foreign_server AS s WHERE s.srvfdw = w.oid)
)
SELECT sql, note FROM steps ORDER BY step, sql
