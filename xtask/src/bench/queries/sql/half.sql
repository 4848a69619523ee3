-- A storage that was tried: half precision in the row itself, a page a vector.
CREATE TABLE bench.half (id uuid PRIMARY KEY, doc_type text NOT NULL, half halfvec(3072) NOT NULL);
ALTER TABLE bench.half ALTER COLUMN half SET STORAGE PLAIN;
INSERT INTO bench.half SELECT id, doc_type, embedding::halfvec(3072) FROM documents WHERE embedding IS NOT NULL;
VACUUM ANALYZE bench.half;
