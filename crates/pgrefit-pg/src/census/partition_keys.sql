SELECT p.partrelid AS relation, p.partstrat AS strategy, p.partattrs AS columns, nullif(p.partdefid, 0) AS default_partition
FROM pg_partitioned_table p
WHERE p.partrelid IN {user_relations}
ORDER BY p.partrelid
