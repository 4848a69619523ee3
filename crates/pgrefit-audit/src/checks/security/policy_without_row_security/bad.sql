-- finds public.notes
-- finds public."Diary"
CREATE TABLE notes (id bigint PRIMARY KEY, owner text NOT NULL);
CREATE POLICY own ON notes USING (owner = CURRENT_USER);
CREATE TABLE "Diary" (id bigint PRIMARY KEY, owner text NOT NULL);
ALTER TABLE "Diary" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON "Diary" USING (owner = CURRENT_USER);
ALTER TABLE "Diary" DISABLE ROW LEVEL SECURITY;
-- It counts for the owner, too, if it is on; it is not.
ALTER TABLE "Diary" FORCE ROW LEVEL SECURITY;
