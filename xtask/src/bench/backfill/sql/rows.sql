-- The order of the keys is not that of the rows on disk, as with every random key.
INSERT INTO items (id, n, name, body)
SELECT md5(i::text)::uuid, 0, 'name-' || i, repeat(md5((-i)::text), 3)
FROM generate_series(1, :rows) AS i;
