-- The settings that decide how fast a server is, as SHOW shows them; those that a version does not have are absent.
SELECT s.name, pg_catalog.current_setting(s.name), s.source
FROM pg_catalog.pg_settings s
WHERE s.name OPERATOR(pg_catalog.=) ANY (ARRAY[
    'shared_buffers', 'effective_cache_size', 'work_mem', 'hash_mem_multiplier', 'maintenance_work_mem', 'temp_buffers', 'huge_pages',
    'max_connections', 'random_page_cost', 'seq_page_cost', 'effective_io_concurrency', 'io_method', 'io_workers',
    'max_worker_processes', 'max_parallel_workers', 'max_parallel_workers_per_gather', 'jit', 'plan_cache_mode',
    'default_statistics_target', 'enable_seqscan', 'enable_indexscan', 'enable_hashjoin', 'enable_nestloop',
    'fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'wal_compression', 'wal_buffers', 'max_wal_size',
    'checkpoint_timeout', 'checkpoint_completion_target', 'autovacuum', 'track_io_timing', 'compute_query_id',
    'shared_preload_libraries', 'data_checksums', 'block_size', 'server_encoding'
])
ORDER BY s.name
