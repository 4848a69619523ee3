-- What has been read and written in every table of users, as far as sessions have reported it.
SELECT c.oid, pg_catalog.concat_ws(' ',
    pg_catalog.pg_stat_get_tuples_inserted(c.oid), pg_catalog.pg_stat_get_tuples_updated(c.oid),
    pg_catalog.pg_stat_get_tuples_hot_updated(c.oid), pg_catalog.pg_stat_get_tuples_deleted(c.oid),
    pg_catalog.pg_stat_get_tuples_returned(c.oid), pg_catalog.pg_stat_get_numscans(c.oid),
    pg_catalog.pg_stat_get_blocks_fetched(c.oid))
FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 AND c.relpersistence <> 't' AND $which
