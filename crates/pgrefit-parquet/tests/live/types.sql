-- A column of each form there is, and the values at its edges.
CREATE TYPE mood AS ENUM ('sad', 'très heureux');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE "Odd ""Name"".t" (
    "Id" bigint NOT NULL,
    "a.b ""c""" text,
    flag bool, small int2, number int4, big int8, single float4, double float8,
    v varchar(20), c char(5), n name, x xml, ct varchar, m mood, j json, jb jsonb, u uuid,
    tz timestamptz, ts timestamp, d date, t time, t3 time(3), raw bytea, num numeric, num2 numeric(12, 3),
    ttz timetz, iv interval, ip inet, ci cidr, mac macaddr, bits bit varying, money money, "char" "char",
    o oid, r int4range, p pair, ints int[], texts text[], grid int[][], point point, lsn pg_lsn,
    tsv tsvector, pos positive, jp jsonpath, hole text
);
INSERT INTO "Odd ""Name"".t"
SELECT g, 'text ' || g, g % 2 = 0, g, g * 1000, g * 1000000000000, g / 3.0, g / 7.0,
    'v' || g, 'c' || g % 10, 'n' || g, NULL, 'x', 'sad', '{"a" : 1}', jsonb_build_object('k', g),
    md5(g::text)::uuid, '2024-01-01'::timestamptz + g * '1 minute 1 us'::interval, '2024-01-01'::timestamp + g * '1 h'::interval,
    '2024-01-01'::date + g, '00:00'::time + g * '1 s'::interval, '01:02:03.456', decode(md5(g::text), 'hex'), g / 7.0, g / 3.0,
    '12:00+02', '1 day 2 h', '10.0.0.1', '10.0.0.0/8', '08:00:2b:01:02:03', '10101', 12.5, 'x',
    g, int4range(1, g + 1), ROW(g, 'b'::text)::pair, ARRAY[g, NULL], ARRAY['a', 'déjà'], ARRAY[[1, 2], [3, 4]], '(1,2)', '0/16B3748',
    'a fat cat', 5, '$.a', 'never'
FROM generate_series(1, 3000) AS g;
INSERT INTO "Odd ""Name"".t" ("Id") SELECT -g FROM generate_series(1, 50) AS g;
INSERT INTO "Odd ""Name"".t" ("Id", "a.b ""c""", v, n, j, jb, raw, texts, ints)
    VALUES (0, '', '', '', '""', '""', '', '{}', '[5:6]={1,2}');
INSERT INTO "Odd ""Name"".t" ("Id", small, number, big, single, double, tz, ts, d, t, num) VALUES
    (1, -32768, -2147483648, -9223372036854775808, '-Infinity', '-Infinity', '-infinity', '-infinity', '-infinity', '00:00', 'NaN'),
    (2, 32767, 2147483647, 9223372036854775807, 'NaN', 'NaN', 'infinity', 'infinity', 'infinity', '24:00', '-0.00000000000000000001'),
    (3, 0, 0, 0, '-0', '-0', '4714-11-24 00:00:00+00 BC', '4714-11-24 00:00:00 BC', '4714-11-24 BC', '23:59:59.999999', 0.000),
    (4, 1, 1, 1, 1e-45, 5e-324, '294276-12-31 23:59:59.999999+00', '294276-12-31 23:59:59.999999', '5874897-12-31', '12:00', 1e1000),
    (5, 1, 1, 1, 3.4028235e38, 1.7976931348623157e308, '1970-01-01 00:00:00+00', '1999-12-31', '1970-01-01', '12:00', -12345678901234567890.0987654321),
    (6, 1, 1, 1, 0, 0, '2000-01-01', '294247-01-10 04:00:54.775807', '2000-01-01', '0:0:0.000001', 1e-100 + 1),
    (7, 1, 1, 1, 0, 0, '2000-01-01', '294247-01-10 04:00:54.775808', '2000-01-01', '0:0:0.000001', 10000.00010000),
    (8, 1, 1, 1, 0, 0, '2000-01-01', '294217-01-10 04:00:54.775807', '2000-01-01', '0:0:0.000001', 99999999);
INSERT INTO "Odd ""Name"".t" ("Id", num)
    SELECT g, (random() * 10 ^ (g % 40 - 20))::numeric::numeric(60, 25) FROM generate_series(10000, 11000) AS g
    UNION ALL SELECT g, trunc((random() * 1e9)::numeric) * (10::numeric ^ (g % 30)) FROM generate_series(11001, 12000) AS g;
