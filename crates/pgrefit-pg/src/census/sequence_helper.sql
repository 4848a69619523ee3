-- $1: sequences by oid.
SELECT v.relation, v.last_value FROM pgrefit.sequence_values v WHERE v.relation = ANY ($1::oid[])
