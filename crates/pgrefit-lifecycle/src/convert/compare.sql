DO $pgrefit$
DECLARE
    entry record;
BEGIN
    -- One statement is one snapshot of both.
    SELECT o.n AS old_rows, o.digest AS old_digest, s.n AS new_rows, s.digest AS new_digest INTO entry
    FROM (SELECT count(*) AS n, sum(pg_catalog.hashtextextended(ROW($columns)::text, 0)::numeric) AS digest FROM $old) o,
         (SELECT count(*) AS n, sum(pg_catalog.hashtextextended(ROW($columns)::text, 0)::numeric) AS digest FROM $staging) s;
    IF entry.old_rows <> entry.new_rows OR entry.old_digest IS DISTINCT FROM entry.new_digest THEN
        RAISE EXCEPTION 'the copy differs: % rows with digest %, and % rows with digest %',
            entry.old_rows, entry.old_digest, entry.new_rows, entry.new_digest;
    END IF;
END
$pgrefit$;
