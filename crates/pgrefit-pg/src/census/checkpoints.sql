SELECT [[pg_stat_checkpointer ? c.num_timed AS timed, c.num_requested AS requested, c.write_time AS write_ms, c.sync_time AS sync_ms,
       c.buffers_written AS buffers : c.checkpoints_timed AS timed, c.checkpoints_req AS requested, c.checkpoint_write_time AS write_ms,
       c.checkpoint_sync_time AS sync_ms, c.buffers_checkpoint AS buffers]],
       [[pg_stat_bgwriter.buffers_backend ? c.buffers_backend : NULL::int8]] AS buffers_backend,
       [[pg_stat_bgwriter.buffers_backend_fsync ? c.buffers_backend_fsync : NULL::int8]] AS fsyncs_backend,
       {age_s c.stats_reset}
           AS reset_age_s
FROM [[pg_stat_checkpointer ? pg_stat_checkpointer : pg_stat_bgwriter]] c
