-- Every transaction has a lock on its own number, which is no lock on anything.
SELECT ARRAY(SELECT DISTINCT l.mode FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.locktype <> 'virtualxid' ORDER BY 1) AS lock_modes,
       (SELECT count(*) FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation
        WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation'
          AND l.database IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
          AND coalesce(c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace), true)) AS user_locks,
       pg_current_xact_id_if_assigned() IS NOT NULL AS has_transaction_id,
       (extract(epoch FROM clock_timestamp() - now()) * 1000)::int8 AS snapshot_ms
