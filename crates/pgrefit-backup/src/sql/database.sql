SELECT pg_catalog.pg_encoding_to_char(d.encoding),
       d.datcollate,
       d.datctype,
       pg_catalog.to_jsonb(d) ->> 'datlocprovider',
       coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale'),
       pg_catalog.to_jsonb(d) ->> 'daticurules'
FROM pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()
