-- Who holds, or stands in the queue with, a lock that conflicts with what a statement is going to ask for: on the
-- relations it names, on the table of an index, on partitions, and on the tables at the other ends of foreign keys.
WITH RECURSIVE named AS (
    SELECT pg_catalog.to_regclass(w.name)::oid AS oid, w.conflicts, w.partitions, w.partners
    FROM (VALUES $wanted) AS w (name, conflicts, partitions, partners)
), target AS (
    SELECT n.oid, n.conflicts, n.partitions, n.partners FROM named n WHERE n.oid IS NOT NULL
    UNION
    SELECT x.indrelid, n.conflicts, n.partitions, n.partners
    FROM named n JOIN pg_catalog.pg_index x ON x.indexrelid = n.oid
    UNION
    SELECT i.inhrelid, t.conflicts, t.partitions, t.partners
    FROM target t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid WHERE t.partitions
), reached AS (
    SELECT t.oid, t.conflicts FROM target t
    UNION
    SELECT CASE WHEN c.conrelid = t.oid THEN c.confrelid ELSE c.conrelid END, t.conflicts
    FROM target t JOIN pg_catalog.pg_constraint c ON c.contype = 'f' AND t.oid IN (c.conrelid, c.confrelid)
    WHERE t.partners
), lock AS (
    SELECT DISTINCT ON (l.pid) l.pid, l.mode, l.relation, l.virtualtransaction
    FROM pg_catalog.pg_locks l JOIN reached r ON r.oid = l.relation AND l.mode = ANY (r.conflicts)
    WHERE l.locktype = 'relation' AND l.pid <> ALL ('{$own}'::int4[]) AND l.pid <> pg_catalog.pg_backend_pid()
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
    ORDER BY l.pid, l.granted DESC
)
SELECT l.pid, nullif(a.application_name, ''), a.usename, a.backend_type, a.state,
       (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000)::int8,
       (extract(epoch FROM clock_timestamp() - a.query_start) * 1000)::int8,
       left(regexp_replace(a.query, '\s+', ' ', 'g'), 200),
       l.mode, format('%I.%I', n.nspname, c.relname), l.virtualtransaction
FROM lock l
LEFT JOIN pg_catalog.pg_stat_activity a USING (pid)
LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY a.xact_start
LIMIT 50
