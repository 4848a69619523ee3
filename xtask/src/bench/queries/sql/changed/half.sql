WITH query AS MATERIALIZED (
    SELECT $1::halfvec(3072) AS half
), near AS MATERIALIZED (
    SELECT s.id FROM query, bench.half AS s WHERE s.doc_type = 'raydium' ORDER BY s.half <=> query.half LIMIT 50
)
SELECT id, doc_path, embedding <=> $1 AS distance FROM near JOIN documents USING (id) ORDER BY distance LIMIT 10
