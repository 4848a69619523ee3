-- {schema}: that of the extension, quoted.
SELECT count(*) AS entries, count(*) FILTER (WHERE s.query = '<insufficient privilege>') AS hidden,
       [[pg_stat_statements_info ? (SELECT i.dealloc FROM {schema}.pg_stat_statements_info i) : NULL::int8]] AS deallocations,
       [[pg_stat_statements_info ? (SELECT {age_s i.stats_reset}
                                    FROM {schema}.pg_stat_statements_info i) : NULL::float8]] AS reset_age_s
FROM {schema}.pg_stat_statements s
WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
