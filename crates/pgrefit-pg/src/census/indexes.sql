-- Who builds an index says which, but only to pg_monitor; that he builds one, and what he locks meanwhile, everybody may know.
SELECT i.indexrelid AS oid, i.indrelid AS table, i.indisunique AS unique,
       [[pg_index.indnullsnotdistinct ? i.indnullsnotdistinct : false]] AS nulls_not_distinct, i.indisprimary AS primary,
       i.indisexclusion AS exclusion, i.indimmediate AS immediate, i.indisclustered AS clustered, i.indisvalid AS valid,
       i.indisready AS ready, i.indislive AS live, i.indisreplident AS replica_identity, i.indkey AS columns,
       i.indnkeyatts AS key_columns, i.indcollation AS collations, i.indclass AS operator_classes,
       '{}'::text[] AS operator_class_names, '{}'::text[] AS operator_class_schemas, '{}'::text[] AS functions, i.indoption AS options,
       i.indexprs::text AS expressions, i.indpred::text AS predicate,
       i.indexrelid IN (SELECT p.index_relid FROM pg_stat_progress_create_index p WHERE p.index_relid IS NOT NULL)
       OR NOT i.indisvalid AND i.indrelid IN (
           SELECT l.relation FROM pg_locks l JOIN pg_stat_progress_create_index p ON p.pid = l.pid
           WHERE l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted AND l.relation IS NOT NULL
             AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) AS being_built
FROM pg_index i
WHERE i.indrelid IN {all_relations}
