-- $1: as in column_statistics.sql.
{column_wanted}
SELECT w.oid AS relation, w.attnum AS number, s.inherited, s.null_fraction, s.average_width, s.distinct_values AS distinct,
       s.correlation, s.largest
FROM wanted w
JOIN pgrefit.column_statistics s ON s.relation = w.oid AND s.number = w.attnum
