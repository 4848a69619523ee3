WITH query AS MATERIALIZED (
    SELECT websearch_to_tsquery('english', $2) AS typed, document_query($2, filters) AS words, document_path_query($2, filters) AS path
    FROM (SELECT jsonb_build_object('doc_type', $1::text) || $3::jsonb) AS f (filters)
), by_words AS MATERIALIZED (
    SELECT s.id, ts_rank_cd(s.words, query.typed) AS rank, s.created_at
    FROM query JOIN documents_search AS s ON s.words @@ query.words
    ORDER BY rank DESC, s.created_at DESC LIMIT 20
), by_path AS MATERIALIZED (
    SELECT s.id, 0::real AS rank, s.created_at
    FROM query JOIN documents_search AS s ON s.words @@ query.path JOIN documents AS d USING (id)
    WHERE (SELECT count(*) FROM by_words) < 20 AND d.doc_path ILIKE '%' || $2 || '%'
      AND s.id NOT IN (SELECT id FROM by_words)
    ORDER BY s.created_at DESC LIMIT 20
)
SELECT d.id, d.doc_type, d.source_name, d.doc_path, d.content, d.metadata, d.token_count, d.created_at, d.updated_at, found.rank
FROM (SELECT * FROM by_words UNION ALL SELECT * FROM by_path) AS found JOIN documents AS d USING (id)
ORDER BY found.rank DESC, d.created_at DESC LIMIT 20
