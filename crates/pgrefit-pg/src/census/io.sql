SELECT i.backend_type, i.object, i.context, i.reads, i.read_time AS read_ms, i.writes, i.write_time AS write_ms, i.fsyncs
FROM pg_stat_io i
