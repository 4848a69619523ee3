-- What the server, not the database or the role, has set of all that decides how values are read, printed and found. Each is set
-- for the copy's database, before what the source's database and roles set themselves.
SELECT NULL, format('ALTER DATABASE $database SET %I TO %s', name,
                    CASE name WHEN 'search_path' THEN setting ELSE quote_literal(setting) END), 't', 'f'
FROM pg_catalog.pg_settings
WHERE name IN ('TimeZone', 'DateStyle', 'IntervalStyle', 'default_text_search_config', 'bytea_output', 'xmloption',
               'standard_conforming_strings', 'default_transaction_isolation', 'search_path', 'check_function_bodies')
  AND source IN ('configuration file', 'command line', 'environment variable', 'override', 'global')
