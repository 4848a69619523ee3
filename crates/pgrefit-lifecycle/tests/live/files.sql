-- V20__docs_partition_checks.sql
-- What:  says of public.docs that it ends before 2027-01-01, for rows that are written from now on.
-- Why:   it becomes the partition of all that lies before 2027-01-01, and to be attached without being read it must
--        have proven that. Until the partitioned table is in its place, later rows are refused.
-- Locks: ACCESS EXCLUSIVE on public.docs for a moment; no row is read.
-- Data:  none.
DO $pgrefit$
BEGIN
    IF pg_catalog.now() > '2027-01-01 00:00:00+00'::pg_catalog.timestamptz - '84 hours'::pg_catalog.interval
        AND EXISTS (SELECT FROM public.docs) THEN
        RAISE EXCEPTION 'this conversion was generated too long ago: it ends at 2027-01-01'
            USING HINT = 'Generate it anew: pgrefit partition convert.';
    END IF;
END
$pgrefit$;
ALTER TABLE public.docs ADD CONSTRAINT docs_until_2027_01 CHECK (at < '2027-01-01 00:00:00+00'::timestamptz) NOT VALID;

-- V21__docs_partition_checks_validated.sql
-- What:  proves that for the rows that are there in public.docs.
-- Why:   it was added without reading them.
-- Locks: SHARE UPDATE EXCLUSIVE on public.docs: readers and writers go on. The table is read once.
-- Data:  none.
ALTER TABLE public.docs VALIDATE CONSTRAINT docs_until_2027_01;

-- V22__docs_partition_unique_indexes.sql
-- What:  unique indexes of public.docs with at at the end.
-- Why:   on a partitioned table only what contains at can be unique. This loss was accepted by name:
--        unique:docs_pkey.
-- Locks: SHARE UPDATE EXCLUSIVE on public.docs: readers and writers go on. Each build waits for the transactions
--        that are older than itself.
-- Data:  none.
CREATE UNIQUE INDEX CONCURRENTLY docs_pkey_until_2027_01 ON public.docs USING btree (id, at);

-- V23__docs_partitioned.sql
-- What:  puts a table partitioned by at in the place of public.docs. What was public.docs becomes its first
--        partition, public.docs_until_2027_01, for all that lies before 2027-01-01; 3 partitions behind it are
--        made.
-- Why:   new rows go into partitions that can be detached, archived and dropped as wholes.
-- Locks: ACCESS EXCLUSIVE on public.docs, for some hundredths of a second: no row is read or written.
-- Data:  none.
-- pgrefit:lock-timeout 500ms
-- pgrefit:allow explicit-lock everything here is under this one lock, and short
LOCK TABLE public.docs IN ACCESS EXCLUSIVE MODE;
-- pgrefit:allow rename-table the partitioned table takes the name in the same transaction
ALTER TABLE public.docs RENAME TO docs_until_2027_01;
ALTER INDEX public.docs_at RENAME TO docs_at_until_2027_01;
-- pgrefit:allow drop-primary-key the next statement makes another
ALTER TABLE public.docs_until_2027_01 DROP CONSTRAINT docs_pkey;
ALTER TABLE public.docs_until_2027_01 ADD CONSTRAINT docs_pkey_until_2027_01 PRIMARY KEY USING INDEX docs_pkey_until_2027_01;

-- The partitioned table, with partitions for what comes behind the boundary.
CREATE TABLE public.docs (
    LIKE public.docs_until_2027_01 INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS
) PARTITION BY RANGE (at);
CREATE TABLE public.docs_p2027_01 PARTITION OF public.docs FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00');
CREATE TABLE public.docs_p2027_02 PARTITION OF public.docs FOR VALUES FROM ('2027-02-01 00:00:00+00') TO ('2027-03-01 00:00:00+00');
CREATE TABLE public.docs_p2027_03 PARTITION OF public.docs FOR VALUES FROM ('2027-03-01 00:00:00+00') TO ('2027-04-01 00:00:00+00');

-- Owner and privileges are those of the old table, whatever they are here.
-- pgrefit:allow work-under-lock a few rows of the catalogs are read
DO $pgrefit$
DECLARE
    source CONSTANT pg_catalog.regclass := 'public.docs_until_2027_01';
    target pg_catalog.regclass;
    entry record;
BEGIN
    FOREACH target IN ARRAY ARRAY[
        'public.docs',
        'public.docs_p2027_01',
        'public.docs_p2027_02',
        'public.docs_p2027_03'
    ]::pg_catalog.regclass[] LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO %I', target,
            (SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c WHERE c.oid = source));
        -- What ALTER DEFAULT PRIVILEGES gave to the new table goes first.
        FOR entry IN
            SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC'
                            ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS role
            FROM pg_catalog.pg_class c,
                 pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a
            WHERE c.oid = target
        LOOP
            EXECUTE pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', target, entry.role);
        END LOOP;
        FOR entry IN
            SELECT a.privilege_type AS privilege, NULL AS columns, a.is_grantable AS grantable, a.grantee
            FROM pg_catalog.pg_class c,
                 pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a
            WHERE c.oid = source
            UNION ALL
            SELECT a.privilege_type, pg_catalog.format('(%I)', t.attname), a.is_grantable, a.grantee
            FROM pg_catalog.pg_attribute t, pg_catalog.aclexplode(t.attacl) a
            WHERE t.attrelid = source AND t.attnum > 0 AND NOT t.attisdropped
        LOOP
            EXECUTE pg_catalog.format('GRANT %s %s ON TABLE %s TO %s%s', entry.privilege, entry.columns, target,
                CASE entry.grantee WHEN 0 THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(entry.grantee)) END,
                CASE WHEN entry.grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
    END LOOP;
END
$pgrefit$;

-- What hangs on it.
ALTER TABLE public.docs ADD CONSTRAINT docs_pkey PRIMARY KEY (id, at);
CREATE INDEX docs_at ON public.docs USING btree (at);

-- The old table is its partition for all that lies before the boundary; the CHECK spares reading it.
ALTER TABLE public.docs ATTACH PARTITION public.docs_until_2027_01 FOR VALUES FROM (MINVALUE) TO ('2027-01-01 00:00:00+00');
ALTER TABLE public.docs_until_2027_01 DROP CONSTRAINT docs_until_2027_01;

-- V24__docs_partitioned_afterwards.sql
-- What:  statistics of public.docs as a whole.
-- Why:   autovacuum analyzes partitions, not the table that they make up; its plans would be guesses.
-- Locks: SHARE UPDATE EXCLUSIVE on public.docs and its partitions: readers and writers go on.
-- Data:  none.
ANALYZE public.docs;

-- V25__docs_split_partitions.sql
-- What:  13 partitions for the rows that are in public.docs_until_2027_01, not in use yet: they belong to
--        public.docs_split until they are filled.
-- Why:   rows in partitions of their own can be retired with them, and queries of a range read no more than that.
-- Locks: ACCESS SHARE on public.docs; SHARE ROW EXCLUSIVE for a moment on tables that its foreign keys refer to.
-- Data:  none.
CREATE TABLE public.docs_split (
    LIKE public.docs INCLUDING ALL EXCLUDING IDENTITY EXCLUDING STATISTICS EXCLUDING COMMENTS
) PARTITION BY RANGE (at);
CREATE TABLE public.docs_pmin PARTITION OF public.docs_split (
    CONSTRAINT docs_pmin_bound CHECK (at IS NOT NULL AND at < '2026-01-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00:00+00');
CREATE TABLE public.docs_p2026_01 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_01_bound CHECK (at IS NOT NULL AND at >= '2026-01-01 00:00:00+00'::timestamptz AND at < '2026-02-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00');
CREATE TABLE public.docs_p2026_02 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_02_bound CHECK (at IS NOT NULL AND at >= '2026-02-01 00:00:00+00'::timestamptz AND at < '2026-03-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-02-01 00:00:00+00') TO ('2026-03-01 00:00:00+00');
CREATE TABLE public.docs_p2026_03 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_03_bound CHECK (at IS NOT NULL AND at >= '2026-03-01 00:00:00+00'::timestamptz AND at < '2026-04-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-04-01 00:00:00+00');
CREATE TABLE public.docs_p2026_04 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_04_bound CHECK (at IS NOT NULL AND at >= '2026-04-01 00:00:00+00'::timestamptz AND at < '2026-05-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-04-01 00:00:00+00') TO ('2026-05-01 00:00:00+00');
CREATE TABLE public.docs_p2026_05 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_05_bound CHECK (at IS NOT NULL AND at >= '2026-05-01 00:00:00+00'::timestamptz AND at < '2026-06-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-05-01 00:00:00+00') TO ('2026-06-01 00:00:00+00');
CREATE TABLE public.docs_p2026_06 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_06_bound CHECK (at IS NOT NULL AND at >= '2026-06-01 00:00:00+00'::timestamptz AND at < '2026-07-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-06-01 00:00:00+00') TO ('2026-07-01 00:00:00+00');
CREATE TABLE public.docs_p2026_07 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_07_bound CHECK (at IS NOT NULL AND at >= '2026-07-01 00:00:00+00'::timestamptz AND at < '2026-08-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-07-01 00:00:00+00') TO ('2026-08-01 00:00:00+00');
CREATE TABLE public.docs_p2026_08 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_08_bound CHECK (at IS NOT NULL AND at >= '2026-08-01 00:00:00+00'::timestamptz AND at < '2026-09-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-08-01 00:00:00+00') TO ('2026-09-01 00:00:00+00');
CREATE TABLE public.docs_p2026_09 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_09_bound CHECK (at IS NOT NULL AND at >= '2026-09-01 00:00:00+00'::timestamptz AND at < '2026-10-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-09-01 00:00:00+00') TO ('2026-10-01 00:00:00+00');
CREATE TABLE public.docs_p2026_10 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_10_bound CHECK (at IS NOT NULL AND at >= '2026-10-01 00:00:00+00'::timestamptz AND at < '2026-11-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-10-01 00:00:00+00') TO ('2026-11-01 00:00:00+00');
CREATE TABLE public.docs_p2026_11 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_11_bound CHECK (at IS NOT NULL AND at >= '2026-11-01 00:00:00+00'::timestamptz AND at < '2026-12-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');
CREATE TABLE public.docs_p2026_12 PARTITION OF public.docs_split (
    CONSTRAINT docs_p2026_12_bound CHECK (at IS NOT NULL AND at >= '2026-12-01 00:00:00+00'::timestamptz AND at < '2027-01-01 00:00:00+00'::timestamptz)
) FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
DO $pgrefit$
DECLARE
    source CONSTANT pg_catalog.regclass := 'public.docs';
    target pg_catalog.regclass;
    entry record;
BEGIN
    FOREACH target IN ARRAY ARRAY[
        'public.docs_split',
        'public.docs_pmin',
        'public.docs_p2026_01',
        'public.docs_p2026_02',
        'public.docs_p2026_03',
        'public.docs_p2026_04',
        'public.docs_p2026_05',
        'public.docs_p2026_06',
        'public.docs_p2026_07',
        'public.docs_p2026_08',
        'public.docs_p2026_09',
        'public.docs_p2026_10',
        'public.docs_p2026_11',
        'public.docs_p2026_12'
    ]::pg_catalog.regclass[] LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO %I', target,
            (SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c WHERE c.oid = source));
        -- What ALTER DEFAULT PRIVILEGES gave to the new table goes first.
        FOR entry IN
            SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC'
                            ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS role
            FROM pg_catalog.pg_class c,
                 pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a
            WHERE c.oid = target
        LOOP
            EXECUTE pg_catalog.format('REVOKE ALL ON TABLE %s FROM %s', target, entry.role);
        END LOOP;
        FOR entry IN
            SELECT a.privilege_type AS privilege, NULL AS columns, a.is_grantable AS grantable, a.grantee
            FROM pg_catalog.pg_class c,
                 pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a
            WHERE c.oid = source
            UNION ALL
            SELECT a.privilege_type, pg_catalog.format('(%I)', t.attname), a.is_grantable, a.grantee
            FROM pg_catalog.pg_attribute t, pg_catalog.aclexplode(t.attacl) a
            WHERE t.attrelid = source AND t.attnum > 0 AND NOT t.attisdropped
        LOOP
            EXECUTE pg_catalog.format('GRANT %s %s ON TABLE %s TO %s%s', entry.privilege, entry.columns, target,
                CASE entry.grantee WHEN 0 THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(entry.grantee)) END,
                CASE WHEN entry.grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
    END LOOP;
END
$pgrefit$;

-- V26__docs_split_mirror.sql
-- What:  has whatever is written to public.docs_until_2027_01 written to public.docs_split too.
-- Why:   while rows are copied, others write. The trigger is part of their transaction: what they do not commit is
--        not there, and a row whose at they change moves to the right partition.
-- Locks: SHARE ROW EXCLUSIVE on public.docs_until_2027_01 for a moment: writers wait for it, and it for them.
-- Data:  none.
-- pgrefit:lock-timeout 500ms
CREATE FUNCTION public.docs_split_mirror() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $mirror$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE public.docs_split;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (OLD.id, OLD.at) IS DISTINCT FROM (NEW.id, NEW.at) THEN
        DELETE FROM public.docs_split s WHERE (s.id, s.at) = (OLD.id, OLD.at);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO public.docs_split (id, at, body)
        VALUES (NEW.id, NEW.at, NEW.body)
        ON CONFLICT (id, at) DO UPDATE SET body = EXCLUDED.body;
    END IF;
    RETURN NULL;
END
$mirror$;
REVOKE ALL ON FUNCTION public.docs_split_mirror() FROM PUBLIC;
CREATE TRIGGER docs_mirror AFTER INSERT OR UPDATE OR DELETE ON public.docs_until_2027_01
    FOR EACH ROW EXECUTE FUNCTION public.docs_split_mirror();
CREATE TRIGGER docs_mirror_truncate AFTER TRUNCATE ON public.docs_until_2027_01
    FOR EACH STATEMENT EXECUTE FUNCTION public.docs_split_mirror();
-- Also for what a subscription applies.
ALTER TABLE public.docs_until_2027_01 ENABLE ALWAYS TRIGGER docs_mirror;
ALTER TABLE public.docs_until_2027_01 ENABLE ALWAYS TRIGGER docs_mirror_truncate;
DO $pgrefit$
BEGIN
    EXECUTE pg_catalog.format('ALTER FUNCTION public.docs_split_mirror() OWNER TO %I',
        (SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c WHERE c.oid = 'public.docs_until_2027_01'::pg_catalog.regclass));
END
$pgrefit$;

-- V27__docs_split_copy.sql
-- What:  copies the rows of public.docs_until_2027_01 to public.docs_split, in batches.
-- Why:   each batch is short, and waits for nobody: a row that somebody is about to delete ends it, and it is tried
--        again.
-- Locks: ROW SHARE on public.docs_until_2027_01 and FOR KEY SHARE on the rows of a batch, until it commits: only
--        who deletes such a row, or changes its key, waits for that.
-- Data:  every row of public.docs_until_2027_01 is written once more, with its indexes and WAL.
-- pgrefit:statement-timeout 12h
-- pgrefit:backfill
INSERT INTO public.docs_split (id, at, body)
SELECT r.id, r.at, r.body
FROM public.docs_until_2027_01 AS o
CROSS JOIN LATERAL (SELECT * FROM public.docs_until_2027_01 AS i WHERE i.id = o.id AND i.at = o.at FOR KEY SHARE NOWAIT) AS r
ON CONFLICT (id, at) DO NOTHING;
-- What was deleted under REPEATABLE READ while it was copied: next to nothing, so that one pass over both is quicker than
-- batches, and locks no other row. Without statistics it would be planned for tables that are empty.
ANALYZE public.docs_split;
-- pgrefit:allow unbatched-change next to no row is deleted
DELETE FROM public.docs_split AS s
WHERE NOT EXISTS (SELECT FROM public.docs_until_2027_01 AS o WHERE o.id = s.id AND o.at = s.at);

-- V28__docs_split_compared.sql
-- What:  compares public.docs_until_2027_01 and public.docs_split, row by row, and fails if they differ.
-- Why:   the next file puts the one in the place of the other.
-- Locks: ACCESS SHARE on both: readers and writers go on. Both are read whole, in one snapshot.
-- Data:  none.
-- pgrefit:statement-timeout 12h
DO $pgrefit$
DECLARE
    entry record;
BEGIN
    -- One statement is one snapshot of both.
    SELECT o.n AS old_rows, o.digest AS old_digest, s.n AS new_rows, s.digest AS new_digest INTO entry
    FROM (SELECT count(*) AS n, sum(pg_catalog.hashtextextended(ROW(id, at, body, size)::text, 0)::numeric) AS digest FROM public.docs_until_2027_01) o,
         (SELECT count(*) AS n, sum(pg_catalog.hashtextextended(ROW(id, at, body, size)::text, 0)::numeric) AS digest FROM public.docs_split) s;
    IF entry.old_rows <> entry.new_rows OR entry.old_digest IS DISTINCT FROM entry.new_digest THEN
        RAISE EXCEPTION 'the copy differs: % rows with digest %, and % rows with digest %',
            entry.old_rows, entry.old_digest, entry.new_rows, entry.new_digest;
    END IF;
END
$pgrefit$;

-- V29__docs_split.sql
-- What:  puts the partitions of public.docs_split in the place of public.docs_until_2027_01.
-- Why:   they have the same rows, and have had them in every snapshot since they were compared.
-- Locks: ACCESS EXCLUSIVE on public.docs and public.docs_until_2027_01, for some hundredths of a second: each new
--        partition has a CHECK of its bound, and the indexes and foreign keys of the partitioned table.
-- Data:  none. public.docs_until_2027_01 stays, detached, as a copy: drop it when nobody misses anything.
-- pgrefit:lock-timeout 500ms
-- pgrefit:allow explicit-lock everything here is under this one lock, and short
-- pgrefit:allow several-strong-locks the table and its partition, in the order of everybody who uses them
LOCK TABLE ONLY public.docs, public.docs_until_2027_01 IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER docs_mirror ON public.docs_until_2027_01;
DROP TRIGGER docs_mirror_truncate ON public.docs_until_2027_01;
DROP FUNCTION public.docs_split_mirror();
-- pgrefit:allow detach-without-concurrently it must not be seen without what takes its place
ALTER TABLE public.docs DETACH PARTITION public.docs_until_2027_01;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_pmin;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_pmin FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00:00+00');
ALTER TABLE public.docs_pmin DROP CONSTRAINT docs_pmin_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_01;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_01 FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00');
ALTER TABLE public.docs_p2026_01 DROP CONSTRAINT docs_p2026_01_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_02;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_02 FOR VALUES FROM ('2026-02-01 00:00:00+00') TO ('2026-03-01 00:00:00+00');
ALTER TABLE public.docs_p2026_02 DROP CONSTRAINT docs_p2026_02_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_03;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_03 FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-04-01 00:00:00+00');
ALTER TABLE public.docs_p2026_03 DROP CONSTRAINT docs_p2026_03_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_04;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_04 FOR VALUES FROM ('2026-04-01 00:00:00+00') TO ('2026-05-01 00:00:00+00');
ALTER TABLE public.docs_p2026_04 DROP CONSTRAINT docs_p2026_04_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_05;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_05 FOR VALUES FROM ('2026-05-01 00:00:00+00') TO ('2026-06-01 00:00:00+00');
ALTER TABLE public.docs_p2026_05 DROP CONSTRAINT docs_p2026_05_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_06;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_06 FOR VALUES FROM ('2026-06-01 00:00:00+00') TO ('2026-07-01 00:00:00+00');
ALTER TABLE public.docs_p2026_06 DROP CONSTRAINT docs_p2026_06_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_07;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_07 FOR VALUES FROM ('2026-07-01 00:00:00+00') TO ('2026-08-01 00:00:00+00');
ALTER TABLE public.docs_p2026_07 DROP CONSTRAINT docs_p2026_07_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_08;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_08 FOR VALUES FROM ('2026-08-01 00:00:00+00') TO ('2026-09-01 00:00:00+00');
ALTER TABLE public.docs_p2026_08 DROP CONSTRAINT docs_p2026_08_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_09;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_09 FOR VALUES FROM ('2026-09-01 00:00:00+00') TO ('2026-10-01 00:00:00+00');
ALTER TABLE public.docs_p2026_09 DROP CONSTRAINT docs_p2026_09_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_10;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_10 FOR VALUES FROM ('2026-10-01 00:00:00+00') TO ('2026-11-01 00:00:00+00');
ALTER TABLE public.docs_p2026_10 DROP CONSTRAINT docs_p2026_10_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_11;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_11 FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');
ALTER TABLE public.docs_p2026_11 DROP CONSTRAINT docs_p2026_11_bound;
-- pgrefit:allow detach-without-concurrently nobody reads that table
ALTER TABLE public.docs_split DETACH PARTITION public.docs_p2026_12;
-- pgrefit:allow attach-builds-index it has the same indexes from the table that it comes from
ALTER TABLE public.docs ATTACH PARTITION public.docs_p2026_12 FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
ALTER TABLE public.docs_p2026_12 DROP CONSTRAINT docs_p2026_12_bound;
-- pgrefit:allow drop-table it has no rows and no partitions
DROP TABLE public.docs_split;
COMMENT ON TABLE public.docs_until_2027_01 IS 'The rows of public.docs before they were moved into partitions of their own. Nobody needs it any more.';

-- V30__docs_split_analyzed.sql
-- What:  statistics of public.docs and its new partitions.
-- Why:   plans of the first queries would be guesses.
-- Locks: SHARE UPDATE EXCLUSIVE on public.docs and its partitions: readers and writers go on.
-- Data:  none.
ANALYZE public.docs;

