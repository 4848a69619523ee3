CREATE FUNCTION add_point(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n + 1';
CREATE PROCEDURE sweep() LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN PERFORM 1; END';
CREATE FUNCTION for_user() RETURNS integer LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS 'SELECT 1';
CREATE FUNCTION no_temp() RETURNS integer LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog AS 'SELECT 1';
