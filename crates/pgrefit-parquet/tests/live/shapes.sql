-- No rows, only NULLs, one column, more columns than is wise, values larger than a page.
CREATE TABLE empty (a int, b text);
CREATE TABLE nothing (a int, b text, c timestamptz, d uuid, e numeric, f jsonb, g bool, h float8, i inet);
INSERT INTO nothing SELECT FROM generate_series(1, 5000);
CREATE TABLE one (a int);
INSERT INTO one SELECT * FROM generate_series(1, 5000);
DO $$
BEGIN
    EXECUTE (SELECT 'CREATE TABLE many (' || string_agg(format('c%s %s', i, (ARRAY['int', 'text', 'bool'])[i % 3 + 1]), ', ') || ')'
             FROM generate_series(1, 1500) AS i);
END $$;
INSERT INTO many (c1, c2, c1500) SELECT g, g % 2 = 0, g FROM generate_series(1, 20) AS g;
CREATE TABLE long (id int, t text, b bytea);
INSERT INTO long SELECT g, repeat(md5(g::text), 100000), decode(repeat(md5(g::text), 50000), 'hex') FROM generate_series(1, 4) AS g;
INSERT INTO long SELECT g, md5(g::text) FROM generate_series(5, 1000) AS g;
