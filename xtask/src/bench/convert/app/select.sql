\set n random(1, :rows)
SELECT content, metadata, token_count FROM documents WHERE id = md5(:n::text)::uuid;
