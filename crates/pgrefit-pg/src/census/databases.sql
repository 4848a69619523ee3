-- Of a database that is dropped meanwhile its collation cannot be asked for: only this one and the templates are.
SELECT d.oid, d.datname AS name, d.datdba AS owner, d.datallowconn AS allows_connections, d.datistemplate AS is_template,
       d.datconnlimit AS connection_limit,
       CASE WHEN d.datfrozenxid <> '0'::xid THEN age(d.datfrozenxid) ELSE 0 END AS xid_age,
       CASE WHEN d.datminmxid <> '0'::xid THEN mxid_age(d.datminmxid) ELSE 0 END AS mxid_age,
       pg_encoding_to_char(d.encoding) AS encoding,
       [[pg_database.datcollversion ? d.datcollversion : NULL::text]] AS collation_version,
       CASE WHEN d.datname = current_database() OR d.datistemplate THEN
            [[pg_database_collation_actual_version() ? pg_database_collation_actual_version(d.oid) : NULL::text]] END AS actual_collation_version,
       d.datacl::text[] AS acl, s.numbackends AS connections, s.xact_commit AS commits, s.xact_rollback AS rollbacks,
       s.blks_read AS blocks_read, s.blks_hit AS blocks_hit, s.temp_files, s.temp_bytes, s.deadlocks, s.conflicts, s.checksum_failures,
       [[pg_stat_database.session_time ? s.session_time : NULL::float8]] AS session_time_ms,
       [[pg_stat_database.active_time ? s.active_time : NULL::float8]] AS active_time_ms,
       [[pg_stat_database.idle_in_transaction_time ? s.idle_in_transaction_time : NULL::float8]] AS idle_in_transaction_time_ms,
       [[pg_stat_database.sessions ? s.sessions : NULL::int8]] AS sessions,
       [[pg_stat_database.sessions_abandoned ? s.sessions_abandoned : NULL::int8]] AS sessions_abandoned,
       [[pg_stat_database.sessions_fatal ? s.sessions_fatal : NULL::int8]] AS sessions_fatal,
       [[pg_stat_database.sessions_killed ? s.sessions_killed : NULL::int8]] AS sessions_killed,
       {age_s s.stats_reset} AS stats_reset_age_s
FROM pg_database d
LEFT JOIN pg_stat_database s ON s.datid = d.oid
ORDER BY d.oid
