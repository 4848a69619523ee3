\set ON_ERROR_STOP on
SELECT 1 \gset
COPY t (a, b) FROM stdin;
1	x
\.
\echo done
