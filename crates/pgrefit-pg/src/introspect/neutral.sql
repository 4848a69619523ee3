-- Settings that decide how values and definitions are printed, fixed until the end of the transaction. With this search path
-- every user object is printed with its schema.
SELECT pg_catalog.set_config(name, value, true)
FROM (VALUES
    ('search_path', 'pg_catalog, pg_temp'),
    ('TimeZone', 'UTC'),
    ('DateStyle', 'ISO, MDY'),
    ('IntervalStyle', 'postgres'),
    ('extra_float_digits', '1'),
    ('bytea_output', 'hex'),
    ('xmloption', 'content'),
    ('lc_monetary', 'C'),
    ('quote_all_identifiers', 'off'),
    ('standard_conforming_strings', 'on'),
    ('row_security', 'off')
) AS neutral (name, value)
