-- Documents as the Doc Server has them, in the order of their time. {rows}: how many. {vector}: the embedding of document n, or NULL.
INSERT INTO documents (id, doc_type, source_name, doc_path, content, metadata, embedding, token_count, created_at, updated_at)
SELECT md5('id' || n)::uuid,
       (ARRAY['rust', 'rust', 'rust', 'rust', 'jupyter', 'cilium', 'talos', 'solana', 'ebpf', 'rust'])[1 + n % 10]::doc_type,
       s.name,
       'src/' || n || '.md',
       (SELECT string_agg((ARRAY['async', 'runtime', 'deserialize', 'trait', 'lifetime', 'borrow', 'future', 'socket', 'packet', 'kernel',
                                 'account', 'notebook'])[1 + abs(hashint4(n * 31 + w)) % 12] || ' ' || substr(md5((n * w)::text), 1, 6), ' ')
        FROM generate_series(1, 100) AS w),
       CASE WHEN n % 10 IN (0, 1, 2, 3, 9) THEN jsonb_build_object('format', 'markdown', 'crate_name', s.name, 'crate_version', '1.' || n % 7)
            ELSE jsonb_build_object('format', 'markdown', 'category', 'c' || n % 5) END
       || CASE WHEN n % 40 = 0 THEN jsonb_build_object('ingestion_job_id', md5('job' || n / 2000)::uuid) ELSE '{}' END,
       {vector},
       100 + n % 400,
       timestamptz '2023-01-01' + n * interval '1 day' * 1000 / {rows},
       timestamptz '2023-01-01' + n * interval '1 day' * 1000 / {rows}
FROM generate_series(1, {rows}) AS n,
     LATERAL (SELECT CASE abs(hashint4(n)) % 300 / 5 WHEN 0 THEN 'serde' WHEN 1 THEN 'tokio'
                          ELSE 'source-' || abs(hashint4(n)) % 300 END AS name) AS s;
INSERT INTO document_sources (doc_type, source_name) SELECT DISTINCT doc_type, source_name FROM documents;
INSERT INTO crate_jobs (crate_name, operation, status, progress)
SELECT 'source-' || n, 'add_crate', CASE WHEN n % 50 = 0 THEN 'queued' ELSE 'completed' END::job_status, 100 FROM generate_series(1, 3000) AS n;
