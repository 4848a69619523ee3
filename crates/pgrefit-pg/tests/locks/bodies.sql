-- Scripts, divided by empty lines. Each is run whole, in a transaction that is rolled back; every branch is taken.
DO $$ BEGIN ALTER TABLE c ADD COLUMN x int; UPDATE orphan SET n = 1; END $$;

DO $$ BEGIN ALTER TABLE c ALTER COLUMN n TYPE bigint; END $$;

DO 'BEGIN ALTER TABLE a ALTER COLUMN t SET DEFAULT ''it''''s''; END';

DO $$
DECLARE
    total bigint := (SELECT count(*) FROM c);
    item record;
BEGIN
    FOR item IN SELECT id FROM a LOOP
        DELETE FROM loose WHERE id = item.id;
    END LOOP;
    IF NOT EXISTS (SELECT FROM same) THEN
        INSERT INTO ruled VALUES (1, total);
    END IF;
END $$;

DO $$
DECLARE
    found int;
BEGIN
    SELECT n INTO found FROM c LIMIT 1;
    INSERT INTO c (n) VALUES (1) RETURNING id INTO STRICT found;
    PERFORM id FROM orphan FOR UPDATE;
    found := count(*) FROM same;
    RAISE NOTICE '%', (SELECT max(id) FROM unlogged);
END $$;

DO $$
DECLARE
    one CURSOR FOR SELECT id FROM c;
    other refcursor;
    number int;
BEGIN
    OPEN one;
    FETCH one INTO number;
    OPEN other FOR SELECT id FROM orphan;
    MOVE other;
    CLOSE other;
END $$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['c', 'orphan'] LOOP
        EXECUTE format('LOCK TABLE %I IN SHARE MODE', 'same');
    END LOOP;
    EXECUTE 'CREATE INDEX x_' || name || ' ON ' || quote_ident('orphan') || ' (n)';
    EXECUTE format('UPDATE %s SET n = $1', 'c') USING 1;
    FOR name IN EXECUTE 'SELECT id FROM ' || 'loose' LOOP
        NULL;
    END LOOP;
END $$;

DO $$ BEGIN
    BEGIN
        TRUNCATE c;
        PERFORM 1 / 0;
    EXCEPTION WHEN division_by_zero THEN
        DELETE FROM c;
        LOCK TABLE c;
    END;
    LOCK TABLE orphan IN SHARE MODE;
END $$;

DO $$ BEGIN
    CREATE TABLE x (id int);
    CREATE INDEX ON x (id);
    ALTER TABLE x ADD COLUMN n int;
    DO $inner$ BEGIN LOCK TABLE c IN EXCLUSIVE MODE; END $inner$;
    EXECUTE 'DO $other$ BEGIN DROP TABLE loose; END $other$';
END $$;

DO $$
<<outer>>
BEGIN
    LOOP
        EXIT outer WHEN EXISTS (SELECT FROM c);
    END LOOP;
END outer $$;

DO $$
DECLARE n int := 2;
BEGIN
    WHILE n > (SELECT count(*) FROM unlogged) LOOP
        n := n - 1;
        CASE n WHEN 1 THEN UPDATE c SET n = 7; ELSE REFRESH MATERIALIZED VIEW m; END CASE;
        CASE WHEN n = 0 THEN DELETE FROM orphan; ELSE NULL; END CASE;
    END LOOP;
END $$;

DO $$ BEGIN EXECUTE 'ANALYZE orphan; LOCK TABLE c IN SHARE MODE'; END $$;

CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE c ADD COLUMN x int; END $$;

CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE c ADD COLUMN x int; END $$;
SELECT f();

CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN
    RETURN QUERY SELECT id FROM c;
    RETURN QUERY EXECUTE 'SELECT id FROM orphan';
    RETURN NEXT (SELECT max(id) FROM loose);
END $$;
SELECT * FROM f();

CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT n FROM c WHERE id = $1); END $$;
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM orphan; RETURN g(1); END $$;
DO $$ BEGIN PERFORM f(); END $$;

CREATE PROCEDURE p(depth int) LANGUAGE plpgsql AS $$ BEGIN
    IF depth > 0 THEN
        CALL p(depth - 1);
    END IF;
    LOCK TABLE c IN SHARE MODE;
END $$;
CALL p(3);

CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM c';

CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS $$ DELETE FROM orphan; SELECT count(*) FROM p; $$;

CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS $$ UPDATE orphan SET n = 1; SELECT count(*) FROM p; $$;
SELECT f();

CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ LOCK TABLE c; DROP VIEW v; $$;

CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM c; END;
SELECT f();

CREATE FUNCTION f() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM c);

CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM FROM public.orphan; RETURN $1; END $$;
CREATE INDEX ON c (f(n));

CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM FROM orphan; RETURN $1; END $$;
ALTER TABLE c ALTER COLUMN n TYPE int USING f(n);

CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM FROM orphan; RETURN 1; END $$;
CREATE VIEW x AS SELECT f() AS f;
CREATE TABLE y (id int DEFAULT f());

CREATE TABLE x (id int);
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM x; DELETE FROM c; END $$;
SELECT f();

DO $$ BEGIN CREATE TABLE x (id int); END $$;
ALTER TABLE x ADD COLUMN n int REFERENCES a;
