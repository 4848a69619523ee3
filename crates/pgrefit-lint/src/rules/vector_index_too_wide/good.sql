CREATE INDEX CONCURRENTLY documents_embedding ON documents USING hnsw ((embedding::halfvec(3072)) halfvec_l2_ops);
