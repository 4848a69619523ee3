-- needs lo
-- finds public.scans.picture
-- finds public.videos.film
CREATE EXTENSION lo;
CREATE TABLE scans (id bigint PRIMARY KEY, picture lo);
CREATE TABLE videos (id bigint PRIMARY KEY, film lo);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END';
CREATE TRIGGER note BEFORE DELETE ON videos FOR EACH ROW EXECUTE FUNCTION note();
