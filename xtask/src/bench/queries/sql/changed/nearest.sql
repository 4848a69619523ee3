WITH query AS MATERIALIZED (
    SELECT embedding_signs($1) AS signs
), near AS MATERIALIZED (
    SELECT s.id FROM query, documents_signs AS s WHERE s.doc_type = 'raydium' ORDER BY signs_apart(s.signs, query.signs) LIMIT 100
)
SELECT id, doc_path, embedding <=> $1 AS distance FROM near JOIN documents USING (id) ORDER BY distance LIMIT 10
