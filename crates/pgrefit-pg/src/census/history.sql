-- {table}: schema and name, quoted. The bound is a guard against a table of that name that is something else.
SELECT h.version::int8 AS version, h.name::text AS name, h.applied_on::text AS applied_on, h.checksum::text AS checksum
FROM {table} h
ORDER BY 1
LIMIT 100000
