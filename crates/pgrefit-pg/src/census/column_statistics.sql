-- $1: the least number of pages of a table whose columns are all of interest. The values themselves are printed of integers only,
-- those of domains over them, too.
{column_wanted}
SELECT w.oid AS relation, w.attnum AS number, s.inherited, s.null_frac AS null_fraction, s.avg_width AS average_width,
       s.n_distinct AS distinct, s.correlation,
       CASE WHEN w.atttypid IN (
                WITH RECURSIVE whole (oid) AS (
                    SELECT t.oid FROM pg_type t WHERE t.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                    UNION
                    SELECT d.oid FROM whole JOIN pg_type d ON d.typbasetype = whole.oid AND d.typtype = 'd'
                ) SELECT whole.oid FROM whole) THEN
            greatest((SELECT max(v) FROM unnest(s.histogram_bounds::text::int8[]) v),
                     (SELECT max(v) FROM unnest(s.most_common_vals::text::int8[]) v)) END AS largest
FROM wanted w
JOIN pg_stats s ON s.schemaname = w.nspname AND s.tablename = w.relname AND s.attname = w.attname
