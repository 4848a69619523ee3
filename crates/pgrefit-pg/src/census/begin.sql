-- Settings of this transaction only. 'cache' looks a counter up once: 'snapshot' would copy the counters of every object into the
-- backend first, 'none' would look each of twenty counters of a table up anew. No JIT, no workers: neither pays here.
SELECT set_config(s.name, v.value, true)
FROM pg_settings s
JOIN (VALUES ('stats_fetch_consistency', 'cache'), ('jit', 'off'), ('max_parallel_workers_per_gather', '0')) AS v (name, value)
  ON v.name = s.name
