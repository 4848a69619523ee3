SELECT '$mark', pg_catalog.format('%I.%I', n.nspname, c.relname), l.mode
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relpersistence <> 't' AND c.oid >= 16384
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
JOIN pg_catalog.pg_class t ON t.oid = coalesce(x.indrelid, c.oid)
WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.mode <> 'AccessShareLock'
  AND (n.nspname, t.relname) NOT IN ($own)
