-- Statistics of the tables with rows, and catalogs as autovacuum would leave them.
INSERT INTO events (at, kind)
SELECT timestamptz '2020-01-01 12:00:00Z' + n % 690 * interval '1 day', 'k' || n % 9 FROM generate_series(1, 5000) AS n;
SELECT format('ANALYZE %s', oid::regclass)
FROM pg_class WHERE relkind IN ('r', 'p') AND relname ~ '^(t[0-9]*0|events(_[0-9]+)?)$'
\gexec
SELECT format('VACUUM (ANALYZE) %s', oid::regclass)
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'pg_catalog'::regnamespace
\gexec
