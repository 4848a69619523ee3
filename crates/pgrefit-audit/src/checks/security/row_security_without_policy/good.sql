CREATE TABLE notes (id bigint PRIMARY KEY, owner text NOT NULL);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes USING (owner = CURRENT_USER);
-- A partition that is locked, so that rows are seen through the parent only.
CREATE TABLE parts (id bigint, owner text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
ALTER TABLE parts ENABLE ROW LEVEL SECURITY;
ALTER TABLE parts_1 ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON parts USING (owner = CURRENT_USER);
