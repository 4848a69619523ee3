CREATE TABLE notes (id bigint PRIMARY KEY, owner text NOT NULL);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON notes TO pg_monitor USING (true);
-- One says who may at all, the other which rows.
CREATE TABLE tasks (id bigint PRIMARY KEY, owner text NOT NULL);
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY anybody ON tasks USING (true);
CREATE POLICY own ON tasks AS RESTRICTIVE USING (owner = CURRENT_USER);
CREATE TABLE prices (id bigint PRIMARY KEY, owner text NOT NULL);
ALTER TABLE prices ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON prices FOR UPDATE USING (owner = CURRENT_USER);
