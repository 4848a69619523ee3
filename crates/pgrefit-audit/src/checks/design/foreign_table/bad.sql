-- finds public.remote
CREATE FOREIGN DATA WRAPPER elsewhere;
CREATE SERVER other FOREIGN DATA WRAPPER elsewhere;
CREATE FOREIGN TABLE remote (id bigint) SERVER other;
