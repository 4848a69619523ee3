-- A tree, and two ways to the same table.
CREATE TABLE departments (id bigint PRIMARY KEY, above bigint REFERENCES departments);
CREATE TABLE people (id bigint PRIMARY KEY, department bigint NOT NULL REFERENCES departments);
CREATE TABLE heads (
    department bigint PRIMARY KEY REFERENCES departments,
    person bigint NOT NULL REFERENCES people
);
-- One may be left null at first, the other is checked late.
CREATE TABLE teams (id bigint PRIMARY KEY, lead bigint);
CREATE TABLE members (id bigint PRIMARY KEY, team bigint NOT NULL REFERENCES teams);
ALTER TABLE teams ADD FOREIGN KEY (lead) REFERENCES members;
CREATE TABLE ships (id bigint PRIMARY KEY, captain bigint NOT NULL);
CREATE TABLE captains (id bigint PRIMARY KEY, ship bigint NOT NULL REFERENCES ships DEFERRABLE);
ALTER TABLE ships ADD FOREIGN KEY (captain) REFERENCES captains;
