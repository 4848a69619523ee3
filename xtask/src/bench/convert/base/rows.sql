-- 200 sources of 10 kinds, and :rows documents over the last two years, none an orphan. Document n has the id md5(n), so
-- that the application can name a random one without asking.
INSERT INTO document_sources (doc_type, source_name)
SELECT 'kind-' || n % 10, 'source-' || n FROM generate_series(0, 199) AS n;

INSERT INTO documents (id, doc_type, source_name, doc_path, content, metadata, created_at, updated_at)
SELECT
    md5(n::text)::uuid,
    'kind-' || n % 10,
    'source-' || n % 200,
    'path/' || n,
    repeat(md5((-n)::text), 6),
    jsonb_build_object('number', n),
    current_timestamp - interval '1 day' - (:rows - n) * (interval '2 years' / :rows),
    current_timestamp
FROM generate_series(1, :rows) AS n;
