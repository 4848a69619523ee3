SELECT pg_catalog.pg_export_snapshot(),
       pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_database(),
       (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()),
       pg_catalog.current_setting('server_version_num'),
       current_user,
       pg_catalog.current_setting('transaction_read_only')
