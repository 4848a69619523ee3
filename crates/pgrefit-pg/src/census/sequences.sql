SELECT s.seqrelid AS relation, s.seqtypid AS type_oid, s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS min,
       s.seqmax AS max, s.seqcycle AS cycle, s.seqcache AS cache, NULL::int8 AS last_value, false AS is_called, false AS readable
FROM pg_sequence s
WHERE s.seqrelid IN {user_relations}
ORDER BY 1
