-- finds public.people
CREATE TABLE people (id bigint PRIMARY KEY, name varchar(255), "Nick" varchar(20));
