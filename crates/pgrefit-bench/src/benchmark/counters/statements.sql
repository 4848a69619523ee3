-- What this database's statements with these identifiers have cost, of all roles. {schema}: that of the extension, quoted; $1: the
-- identifiers, as text.
SELECT s.queryid::text,
       pg_catalog.jsonb_build_object(
           'calls', pg_catalog.sum(s.calls), 'rows', pg_catalog.sum(s.rows), 'total_exec_time', pg_catalog.sum(s.total_exec_time),
           'shared_blks_hit', pg_catalog.sum(s.shared_blks_hit), 'shared_blks_read', pg_catalog.sum(s.shared_blks_read),
           'temp_blks_read', pg_catalog.sum(s.temp_blks_read), 'temp_blks_written', pg_catalog.sum(s.temp_blks_written),
           'wal_bytes', pg_catalog.sum(s.wal_bytes)
       )::text
FROM {schema}.pg_stat_statements s
WHERE s.dbid OPERATOR(pg_catalog.=)
          (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
  AND s.queryid::text OPERATOR(pg_catalog.=) ANY ($1)
GROUP BY s.queryid
