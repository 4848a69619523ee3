-- Settings of this transaction only. With 'cache' the counters of one object belong together, and only those that are asked for are
-- kept; 'none' and 'snapshot' took as long (2.5 s of 20,000 tables). No JIT, no workers: neither pays here.
SELECT set_config(s.name, v.value, true)
FROM pg_settings s
JOIN (VALUES ('stats_fetch_consistency', 'cache'), ('jit', 'off'), ('max_parallel_workers_per_gather', '0')) AS v (name, value)
  ON v.name = s.name
