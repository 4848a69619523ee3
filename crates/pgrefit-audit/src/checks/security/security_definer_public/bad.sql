-- finds public.reset_all()
-- finds public."Open"(text, integer)
CREATE FUNCTION reset_all() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT';
CREATE PROCEDURE "Open"(a text, b integer) LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT';
