-- $1: the least number of pages of a table whose columns are all of interest. The values themselves are printed of integers only.
{column_wanted}
SELECT w.oid AS relation, w.attnum AS number, s.inherited, s.null_frac AS null_fraction, s.avg_width AS average_width,
       s.n_distinct AS distinct, s.correlation,
       CASE WHEN w.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN
            greatest((SELECT max(v) FROM unnest(s.histogram_bounds::text::int8[]) v),
                     (SELECT max(v) FROM unnest(s.most_common_vals::text::int8[]) v)) END AS largest
FROM wanted w
JOIN pg_stats s ON s.schemaname = w.nspname AND s.tablename = w.relname AND s.attname = w.attname
