-- finds public.countries.code
CREATE TABLE countries (id bigint PRIMARY KEY, code char(2));
