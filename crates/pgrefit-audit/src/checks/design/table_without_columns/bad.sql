-- finds public.leftover
CREATE TABLE leftover (gone int);
ALTER TABLE leftover DROP COLUMN gone;
