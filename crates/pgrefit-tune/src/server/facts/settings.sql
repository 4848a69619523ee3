SELECT s.name, s.reset_val, s.unit, s.vartype, s.min_val, s.max_val,
       pg_catalog.array_to_string(s.enumvals, ','), s.context, s.source, s.boot_val, s.pending_restart
FROM pg_catalog.pg_settings s
