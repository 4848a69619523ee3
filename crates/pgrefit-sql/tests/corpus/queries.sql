WITH RECURSIVE tree AS (SELECT id, parent FROM nodes WHERE parent IS NULL UNION ALL SELECT n.id, n.parent FROM nodes n JOIN tree t ON n.parent = t.id) SELECT *, row_number() OVER (PARTITION BY parent ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM tree WHERE id = ANY ($1) AND name ~* '^a' OR NOT EXISTS (SELECT FROM x FOR UPDATE SKIP LOCKED) LIMIT 5 OFFSET 2;
SELECT a -> 'b' ->> 0, c #>> '{d,e}', ARRAY[[1, 2], [3, 4]][1:2][1], ROW (1, 'x').*, CASE a WHEN 1 THEN 'one' ELSE 'more' END, extract(year FROM d AT TIME ZONE 'UTC'), - - 1, NOT NOT true FROM LATERAL f(1) WITH ORDINALITY g (a, b), ROWS FROM (f(), g());
TABLE a; VALUES (1, 'a'), (2, E'b\'\n'); SELECT 1 EXCEPT (SELECT 2 INTERSECT SELECT 3);
MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.x > 1 THEN UPDATE SET x = s.x WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.x);
COPY t (a, b) FROM '/data/x.csv' WITH (FORMAT csv, HEADER); EXPLAIN (ANALYZE, BUFFERS) DELETE FROM t USING u WHERE t.a = u.a RETURNING t.*;
