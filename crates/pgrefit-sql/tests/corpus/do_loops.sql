DO $body$
<<outer>>
DECLARE
    item record; n int := 0; names CONSTANT text[] := ARRAY['a', 'b'];
    c NO SCROLL CURSOR (low int) FOR SELECT * FROM t WHERE a > low;
BEGIN
    FOR item IN SELECT id, name FROM shop.orders WHERE total > (SELECT avg(total) FROM shop.orders) LOOP
        UPDATE shop.orders SET note = item.name WHERE id = item.id;
        CONTINUE outer WHEN item.id IS NULL;
    END LOOP;
    FOR i IN REVERSE 10..1 BY 2 LOOP INSERT INTO t VALUES (i); END LOOP;
    FOREACH item SLICE 1 IN ARRAY names LOOP RAISE NOTICE '%', item; END LOOP;
    WHILE n < 10 LOOP n := n + 1; EXIT WHEN n = f(n); END LOOP;
    LOOP FETCH NEXT FROM c INTO item; EXIT WHEN NOT FOUND; MOVE c; END LOOP; CLOSE c;
EXCEPTION
    WHEN unique_violation OR SQLSTATE '22012' THEN GET STACKED DIAGNOSTICS n = ROW_COUNT; RAISE;
    WHEN OTHERS THEN DELETE FROM t;
END outer $body$;
