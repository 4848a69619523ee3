-- A tree, and two ways to the same table.
CREATE TABLE departments (id bigint PRIMARY KEY, above bigint REFERENCES departments);
CREATE TABLE people (id bigint PRIMARY KEY, department bigint NOT NULL REFERENCES departments);
CREATE TABLE heads (
    department bigint PRIMARY KEY REFERENCES departments,
    person bigint NOT NULL REFERENCES people
);
