-- The flat reads that any audit of a whole database needs, and nothing else: rows of catalogs as they are stored, without
-- joins, and counters.
COPY (
    SELECT oid, relname, relnamespace, relkind, relowner, relam, relpages, reltuples, reltoastrelid, relispartition,
        relpersistence, relhastriggers, relrowsecurity, relreplident, reloptions
    FROM pg_class
) TO STDOUT;
COPY (
    SELECT indexrelid, indrelid, indnatts, indnkeyatts, indisunique, indisprimary, indisexclusion, indisvalid, indisready,
        indislive, indisclustered, indisreplident, indkey, indcollation, indclass, indoption, indexprs::text, indpred::text
    FROM pg_index
) TO STDOUT;
COPY (
    SELECT attrelid, attnum, attname, atttypid, atttypmod, attcollation, attnotnull, atthasdef, attidentity, attgenerated,
        attstorage
    FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped
) TO STDOUT;
COPY (
    SELECT oid, conname, connamespace, contype, convalidated, conrelid, contypid, conindid, conparentid, confrelid, conkey,
        confkey
    FROM pg_constraint
) TO STDOUT;
COPY (
    SELECT relid, seq_scan, seq_tup_read, idx_scan, n_tup_ins, n_tup_upd, n_tup_del, n_live_tup, n_dead_tup,
        n_mod_since_analyze, last_vacuum, last_autovacuum, last_analyze, last_autoanalyze
    FROM pg_stat_all_tables
) TO STDOUT;
COPY (SELECT indexrelid, idx_scan, idx_tup_read, idx_tup_fetch FROM pg_stat_all_indexes) TO STDOUT;
