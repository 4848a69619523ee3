-- Each adds one: the sum over the table says whether one is lost, or was done twice.
\set n random(1, :rows)
UPDATE documents SET token_count = token_count + 1 WHERE id = md5(:n::text)::uuid;
