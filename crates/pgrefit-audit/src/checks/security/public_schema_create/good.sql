REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA "Shared";
-- To see what is in it is another matter.
GRANT USAGE ON SCHEMA "Shared" TO PUBLIC;
GRANT CREATE ON SCHEMA "Shared" TO pg_monitor;
