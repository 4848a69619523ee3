SELECT o.oid, o.opcname::text AS name, n.nspname::text AS schema
FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace
