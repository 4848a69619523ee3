-- needs lo
CREATE EXTENSION lo;
CREATE DOMAIN image AS lo;
CREATE TABLE scans (id bigint PRIMARY KEY, picture lo, other image, "Third" lo, thumbnail bytea);
CREATE TRIGGER picture BEFORE UPDATE OR DELETE ON scans FOR EACH ROW EXECUTE FUNCTION lo_manage(picture);
CREATE TRIGGER other_u BEFORE UPDATE OF other ON scans FOR EACH ROW EXECUTE FUNCTION lo_manage(other);
CREATE TRIGGER other_d BEFORE DELETE ON scans FOR EACH ROW EXECUTE FUNCTION lo_manage(other);
CREATE TRIGGER third BEFORE UPDATE OR DELETE ON scans FOR EACH ROW EXECUTE FUNCTION lo_manage("Third");
