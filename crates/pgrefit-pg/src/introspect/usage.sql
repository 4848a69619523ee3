-- Size and use of tables and materialized views. $1: relations by oid; $2: seconds that were counted, or null; $3: whether writes
-- were. {rows}: the rows, or null where they were never counted. Nothing here opens a relation.
WITH indexes AS (
    SELECT i.indrelid AS relation, sum(c.relpages::int8 & 4294967295)::int8 AS pages, sum(pg_stat_get_numscans(c.oid)) AS scans
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    GROUP BY i.indrelid
)
SELECT c.oid AS relation, {rows} AS rows, c.relpages::int8 & 4294967295 AS pages, s.toast_pages,
       coalesce(own.pages, 0) AS index_pages,
       CASE WHEN $3 AND (s.writes + s.live + s.dead > 0 OR c.relpages = 0) THEN s.live END AS live,
       CASE WHEN $3 AND (s.writes + s.live + s.dead > 0 OR c.relpages = 0) THEN s.dead END AS dead,
       round(((s.scans + coalesce(own.scans, 0)) / $2)::numeric, 6)::float8 AS reads,
       CASE WHEN $3 THEN round((s.writes / $2)::numeric, 6)::float8 END AS writes,
       round((s.scans / $2)::numeric, 6)::float8 AS seq_scans,
       to_char(pg_stat_get_last_autovacuum_time(c.oid) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_autovacuum,
       to_char(greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_analyze
FROM pg_class c
JOIN unnest($1::oid[]) AS scope (oid) ON scope.oid = c.oid
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN indexes own ON own.relation = c.oid
LEFT JOIN indexes of_toast ON of_toast.relation = t.oid
CROSS JOIN LATERAL (
    SELECT pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_dead_tuples(c.oid) AS dead, pg_stat_get_numscans(c.oid) AS scans,
           pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid) AS writes,
           -- ANALYZE leaves the TOAST table alone, so that it may have no size yet. A page holds four chunks.
           CASE WHEN t.relpages <> 0 THEN t.relpages::int8 & 4294967295
                ELSE coalesce((pg_stat_get_live_tuples(t.oid) + pg_stat_get_dead_tuples(t.oid) + 3) / 4, 0)
           END + coalesce(of_toast.pages, 0) AS toast_pages
) AS s
WHERE c.relkind IN ('r', 'm', 'f')
