-- finds public.people
CREATE TABLE people (name text UNIQUE, born date);
