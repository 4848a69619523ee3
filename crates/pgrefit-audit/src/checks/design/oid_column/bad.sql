-- finds public.scans.picture
CREATE TABLE scans (id bigint PRIMARY KEY, picture oid);
