\set n random(1, :rows)
\set tokens random(1, 5000)
UPDATE documents SET token_count = :tokens::integer, metadata = jsonb_build_object('revision', :tokens::integer)
WHERE id = md5(:n::text)::uuid;
