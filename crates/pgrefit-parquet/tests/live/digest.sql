-- The digest of a table, as `RowDigest` defines it.
SELECT count(*),
       coalesce(sum(('x' || left(hash, 16))::bit(64)::int8), 0),
       coalesce(sum(('x' || substr(hash, 17, 16))::bit(64)::int8), 0)
FROM (SELECT encode(sha256(:terms), 'hex') AS hash
      FROM (SELECT :sent FROM :table AS t OFFSET 0) AS sent) AS hashed
