-- finds public
-- finds "Shared"
GRANT CREATE ON SCHEMA public TO PUBLIC;
CREATE SCHEMA "Shared";
GRANT ALL ON SCHEMA "Shared" TO PUBLIC;
