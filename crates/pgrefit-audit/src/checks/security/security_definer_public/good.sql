CREATE FUNCTION reset_all() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT';
REVOKE EXECUTE ON FUNCTION reset_all() FROM PUBLIC;
CREATE PROCEDURE "Open"(a text, b integer) LANGUAGE sql AS 'SELECT';
-- Nobody can call the function of a trigger.
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
    AS 'BEGIN RETURN NEW; END';
-- PUBLIC may not use this schema.
CREATE SCHEMA inner_part;
CREATE FUNCTION inner_part.reset_all() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT';
