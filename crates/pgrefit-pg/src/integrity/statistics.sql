-- How many milliseconds ago each table was last analyzed, by hand or by autovacuum; NULL if never.
SELECT format('%I.%I', schemaname, relname),
       (extract(epoch FROM clock_timestamp() - greatest(last_analyze, last_autoanalyze)) * 1000)::int8
FROM pg_catalog.pg_stat_user_tables
