-- finds "Watch"
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';
CREATE EVENT TRIGGER "Watch" ON ddl_command_end EXECUTE FUNCTION watch();
