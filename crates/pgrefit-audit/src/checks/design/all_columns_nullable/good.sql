CREATE TABLE people (name text NOT NULL, born date);
CREATE TABLE queue (payload text);
CREATE TABLE keys (id bigint PRIMARY KEY);
CREATE TABLE checked (a int, b int, CHECK (a IS NOT NULL AND b IS NOT NULL));
CREATE TABLE one_of (a int, b int);
ALTER TABLE one_of ADD CHECK (a IS NOT NULL OR b IS NOT NULL) NOT VALID;
CREATE TABLE counted (a int, b int, CHECK (num_nonnulls(a, b) > 0));
