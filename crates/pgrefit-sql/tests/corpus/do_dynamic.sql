DO $do$ DECLARE r record; stmt text := 'x'; BEGIN
    EXECUTE 'ALTER TABLE ' || quote_ident(r.name) || ' ADD COLUMN x int';
    EXECUTE format('CREATE TABLE %I.%2$I PARTITION OF %s FOR VALUES FROM (%L) TO (%L) -- %%', 'a', 'B c', r::regclass, 1, NULL);
    EXECUTE stmt USING 1, r.a; EXECUTE f(stmt) INTO STRICT r;
    EXECUTE concat('DROP TABLE ', 'a', 1, E'\n', $x$ CASCADE; SELECT 1 $x$);
    FOR r IN EXECUTE format($q$SELECT '%s' FROM "%I"$q$, a, b) USING c LOOP EXECUTE 'DO $i$ BEGIN EXECUTE ''DROP TABLE t''; END $i$'; END LOOP;
    OPEN c FOR EXECUTE 'SELECT * FROM t WHERE a = $1' USING 5;
    RETURN QUERY EXECUTE format('%10s %-5I %1$s %z %', 1);
END $do$;
