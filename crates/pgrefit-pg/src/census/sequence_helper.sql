-- $1: sequences by oid.
SELECT v.relation, v.last_value, v.is_called FROM pgrefit.sequence_values v WHERE v.relation = ANY ($1::oid[])
