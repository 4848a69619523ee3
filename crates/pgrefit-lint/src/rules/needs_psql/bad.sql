\set size 10
SELECT 1;
