-- What an application would find: rows, rows that are there twice, updates, rows with another content, rows that are still
-- in the old table's place, partitions.
SELECT
    count(*),
    count(*) - count(DISTINCT id),
    sum(token_count),
    count(*) FILTER (WHERE metadata ? 'number' AND content <> repeat(md5((-(metadata ->> 'number')::integer)::text), 6)),
    count(*) FILTER (WHERE metadata ? 'number'),
    (SELECT count(*) FROM pg_inherits WHERE inhparent = 'documents'::regclass)
FROM documents;
