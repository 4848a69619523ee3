SELECT o.oid, o.opcname::text AS name FROM pg_opclass o
