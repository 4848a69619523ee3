-- :documents documents without an embedding, in the order of time over three years: cuts of the corpus's text of 200 to
-- 5,600 characters, no two alike, of ten kinds and some 10,000 sources. Every tenth source has no row of its own.
\set ON_ERROR_STOP on
SET work_mem = '256MB';
CREATE FUNCTION bench.draw(n bigint, salt bigint, below bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN abs(hashint8extended(n, salt) % below);
CREATE FUNCTION bench.kind(n bigint) RETURNS text LANGUAGE sql IMMUTABLE
RETURN (ARRAY['rust', 'rust', 'rust', 'rust', 'rust', 'rust', 'rust', 'jupyter', 'jupyter', 'jupyter', 'jupyter', 'solana', 'solana',
    'solana', 'cilium', 'cilium', 'talos', 'meteora', 'ebpf', 'birdeye'])[1 + bench.draw(n, 1, 20)];

CREATE FUNCTION bench.documents(first bigint, last bigint, kind text DEFAULT NULL)
RETURNS TABLE (doc_type text, source_name text, doc_path text, content text, metadata jsonb, token_count int, created_at timestamptz)
LANGUAGE sql AS $$
    SELECT kinds.kind, sources.name, cut.n || '/' || t.path, body.content,
        jsonb_build_object('format', t.metadata->>'format', 'complexity', t.metadata->>'complexity',
            'category', t.metadata->>'category', 'topic', t.metadata->>'topic', 'api_version', t.metadata->>'api_version')
        || CASE WHEN kinds.kind = 'rust' THEN jsonb_build_object('crate_name', sources.name, 'crate_version',
            '1.' || bench.draw(cut.n, 6, 4) || '.0', 'ingestion_job_id', md5((cut.n / 500)::text)::uuid) ELSE '{}' END,
        length(body.content) / 4, timestamptz '2023-07-01+00' + cut.n * interval '90 s'
    FROM generate_series(first, last) AS cut (n)
    CROSS JOIN LATERAL (SELECT coalesce($3, bench.kind(cut.n))) AS kinds (kind)
    CROSS JOIN LATERAL (SELECT bench.draw(cut.n, 2, (SELECT count(*) FROM bench.text))::int) AS base (n)
    JOIN bench.text AS t ON t.n = base.n
    CROSS JOIN LATERAL (SELECT t.source || '-' || CASE WHEN $3 IS NULL THEN bench.draw(cut.n, 3, 5) ELSE 0 END) AS sources (name)
    CROSS JOIN LATERAL (SELECT (200 + bench.draw(cut.n, 4, 55) * bench.draw(cut.n, 5, 55) * 1.8)::int) AS size (wanted)
    CROSS JOIN LATERAL (SELECT substr(t.content, 1 + bench.draw(cut.n, 7, greatest(1, t.size - size.wanted))::int,
        size.wanted) || E'\n' || cut.n) AS body (content)
$$;

INSERT INTO documents (doc_type, source_name, doc_path, content, metadata, token_count, created_at, updated_at)
SELECT doc_type::doc_type, source_name, doc_path, content, metadata, token_count, created_at, created_at
FROM bench.documents(1, :documents);
-- The last ones have embeddings: one kind of their own, in 20 sources.
INSERT INTO documents (doc_type, source_name, doc_path, content, metadata, token_count, created_at, updated_at)
SELECT 'raydium', 'embedded-' || bench.draw(row_number() OVER (), 8, 20), doc_path, content, metadata, token_count, created_at, created_at
FROM bench.documents(:documents + 1, :documents + :embedded, 'raydium');
INSERT INTO document_sources (doc_type, source_name, total_docs, total_tokens)
SELECT doc_type, source_name, count(*), sum(token_count) FROM documents GROUP BY 1, 2 HAVING bench.draw(min(hashtext(source_name)), 9, 10) <> 0;
INSERT INTO crate_jobs (crate_name, operation, status, started_at)
SELECT 'crate' || n, 'add_crate', CASE WHEN n % 500 = 0 THEN 'running' ELSE 'completed' END::job_status, now() - n * interval '10 min'
FROM generate_series(1, 5000) AS n;
