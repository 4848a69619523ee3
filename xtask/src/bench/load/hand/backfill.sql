-- The UPDATE of the backfill in batches, each in a transaction of its own, in the order of the pages. Rows that
-- move meanwhile have met the trigger. A batch is made to take 20 to 50 ms and is followed by a pause as long.
DO $$
DECLARE
    pages_end bigint := pg_relation_size('documents') / current_setting('block_size')::bigint;
    page bigint := 0;
    pages bigint := 50;
    began timestamptz;
    batch_s double precision;
BEGIN
    WHILE page < pages_end LOOP
        began := clock_timestamp();
        UPDATE documents SET token_count_big = token_count
        WHERE ctid >= format('(%s,0)', page)::tid
          AND ctid < format('(%s,0)', page + pages)::tid
          AND token_count_big IS DISTINCT FROM token_count;
        COMMIT;
        page := page + pages;
        batch_s := extract(epoch FROM clock_timestamp() - began);
        pages := CASE
            WHEN batch_s > 0.05 THEN greatest(pages / 2, 5)
            WHEN batch_s < 0.02 THEN least(pages * 2, 100)
            ELSE pages
        END;
        PERFORM pg_sleep(batch_s);
    END LOOP;
END
$$
