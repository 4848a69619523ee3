-- Settings of applications (`app.tenant`) in the server's files, which only some roles may read. Those of libraries are left out:
-- the copy does not load them.
SELECT NULL, format('ALTER DATABASE $database SET %s TO %s', name, quote_literal(setting)), 't', 'f'
FROM (SELECT DISTINCT ON (name) name, setting FROM pg_catalog.pg_file_settings
      WHERE applied AND name ~ '^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_.]*$'
        AND name !~ '^(auto_explain|pg_stat_statements|pgaudit|cron|pg_cron|timescaledb|citus)\.'
      ORDER BY name, seqno DESC) AS custom
