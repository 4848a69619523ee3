CREATE DOMAIN large_object AS oid;
CREATE TABLE scans (id bigint PRIMARY KEY, picture bytea, film large_object, source regclass, oid bigint);
