-- finds public.notes.everything
-- finds public.tasks."Give away"
-- finds public.prices.readable
CREATE TABLE notes (id bigint PRIMARY KEY, owner text NOT NULL);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON notes USING (true);
CREATE TABLE tasks (id bigint PRIMARY KEY, owner text NOT NULL);
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Give away" ON tasks FOR UPDATE USING (owner = CURRENT_USER) WITH CHECK (true);
-- Something to know.
CREATE TABLE prices (id bigint PRIMARY KEY);
ALTER TABLE prices ENABLE ROW LEVEL SECURITY;
CREATE POLICY readable ON prices FOR SELECT USING (true);
