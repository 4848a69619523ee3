-- Views that the majors print differently, or might.
CREATE TABLE t (id int, "select" int, json jsonb, "A b" text, at timestamptz, t int);
CREATE TABLE public.public (id int, public int);
CREATE VIEW v1 AS SELECT t.* FROM t WHERE EXISTS (SELECT 1 FROM t u WHERE u.id = t.id) ORDER BY t.id DESC LIMIT 3;
CREATE VIEW v2 AS SELECT t AS row, t.t, count(*) FILTER (WHERE t.id>1) OVER w FROM t WINDOW w AS (PARTITION BY t.at ORDER BY t.id);
CREATE VIEW v3 AS SELECT x.id, (SELECT max(public.public) FROM public WHERE public.id = x.id) FROM public x;
CREATE VIEW v4 AS SELECT public, extract(year FROM now()) FROM public WHERE public IS DISTINCT FROM 3;
CREATE VIEW v5 AS SELECT * FROM generate_series(1,3) WITH ORDINALITY g(a,b);
CREATE VIEW v6 AS SELECT * FROM (VALUES (1,'a'),(2,'b')) v(n,s);
CREATE VIEW v7 AS SELECT a.id FROM t a LEFT JOIN t b USING (id);
CREATE VIEW v8 AS SELECT s.m FROM (SELECT max(id) m FROM t GROUP BY "A b") s WHERE s.m > 1;
CREATE VIEW v9 AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r WHERE n<5) SELECT r.n FROM r;
CREATE VIEW v10 AS SELECT DISTINCT ON (at) at, json->>'a' AS json, "select" FROM t ORDER BY at, "A b";
CREATE VIEW v11 AS SELECT CASE WHEN t.id > 1 THEN t.json ELSE NULL END AS j, ARRAY(SELECT t.id) AS arr FROM ONLY t TABLESAMPLE system(5) WHERE "A b" LIKE 't.id%' FOR UPDATE;
CREATE VIEW v12 AS SELECT id FROM t INTERSECT (SELECT id FROM public EXCEPT SELECT t FROM t);
CREATE VIEW v13 AS SELECT at + interval '1 day' AS id, id AS at FROM t ORDER BY t.at, t.id;
CREATE VIEW v14 AS SELECT max("A b") AS a, sum(id), grouping(id) FROM t GROUP BY rollup(id), t.id HAVING sum(t.t) > 1;
CREATE VIEW v15 AS SELECT t.id FROM t, LATERAL (SELECT t.id + 1 AS x) l;
CREATE VIEW v16 AS SELECT r.* FROM ROWS FROM (generate_series(1,2), generate_series(1,3)) r(a,b);
