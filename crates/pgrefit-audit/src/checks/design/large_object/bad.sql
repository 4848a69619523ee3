-- needs lo
-- finds public.scans.picture
-- finds public.scans.film
-- finds public.scans.many
-- finds public.scans.late
-- finds public.scans.partly
-- finds public.videos.film
CREATE EXTENSION lo;
CREATE DOMAIN image AS lo;
CREATE TABLE scans (id bigint PRIMARY KEY, picture image, film lo, many lo[], kept lo, late lo, partly lo);
-- Of another column; and at DELETE only.
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON scans FOR EACH ROW EXECUTE FUNCTION lo_manage(kept);
CREATE TRIGGER late BEFORE DELETE ON scans FOR EACH ROW EXECUTE FUNCTION lo_manage(late);
CREATE TRIGGER partly BEFORE UPDATE OF kept OR DELETE ON scans FOR EACH ROW EXECUTE FUNCTION lo_manage(partly);
CREATE TRIGGER same BEFORE UPDATE ON scans FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TABLE videos (id bigint PRIMARY KEY, film lo);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END';
CREATE TRIGGER note BEFORE DELETE ON videos FOR EACH ROW EXECUTE FUNCTION note();
