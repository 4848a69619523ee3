-- needs lo
CREATE EXTENSION lo;
CREATE TABLE scans (id bigint PRIMARY KEY, picture lo, thumbnail bytea);
CREATE TRIGGER picture BEFORE UPDATE OR DELETE ON scans FOR EACH ROW EXECUTE FUNCTION lo_manage(picture);
