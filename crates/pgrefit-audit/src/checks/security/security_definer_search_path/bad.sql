-- finds public.add_point(integer)
-- finds public.sweep()
-- finds public.for_user()
-- finds public.no_temp()
CREATE FUNCTION add_point(n integer) RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT n + 1';
CREATE PROCEDURE sweep() LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN PERFORM 1; END';
CREATE FUNCTION for_user() RETURNS integer LANGUAGE sql SECURITY DEFINER
    SET search_path = "$user", public, pg_temp AS 'SELECT 1';
-- Something to know: a temporary table of the caller hides one of public.
CREATE FUNCTION no_temp() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT 1';
