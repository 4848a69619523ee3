-- The session that looks has a few values of its own; those of the server stand behind them.
SELECT s.name, CASE WHEN s.source = 'session' THEN s.reset_val ELSE s.setting END AS setting, s.unit, s.context, s.vartype, s.source, s.min_val, s.max_val, s.enumvals, s.boot_val, s.pending_restart
FROM pg_settings s
ORDER BY s.name
