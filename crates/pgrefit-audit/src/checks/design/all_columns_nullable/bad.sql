-- finds public.people
-- finds public.amounts
CREATE TABLE people (name text UNIQUE, born date);
-- A CHECK lets null pass.
CREATE TABLE amounts (a int CHECK (a > 0), b text, CHECK (b IS NULL OR b <> ''));
