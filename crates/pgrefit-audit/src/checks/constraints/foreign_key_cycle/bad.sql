-- finds public.departments
CREATE TABLE departments (id bigint PRIMARY KEY, head bigint NOT NULL);
CREATE TABLE people (id bigint PRIMARY KEY, department bigint NOT NULL REFERENCES departments);
ALTER TABLE departments ADD FOREIGN KEY (head) REFERENCES people;
