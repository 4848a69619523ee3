SELECT s.name, s.setting, s.unit, s.context, s.vartype, s.source, s.min_val, s.max_val, s.enumvals, s.boot_val, s.pending_restart
FROM pg_settings s
ORDER BY s.name
