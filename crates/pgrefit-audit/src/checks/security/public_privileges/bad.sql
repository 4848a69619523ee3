-- finds public.notes
-- finds public."Prices"
-- finds public.measures
CREATE TABLE notes (id bigint PRIMARY KEY);
GRANT INSERT, UPDATE ON notes TO PUBLIC;
CREATE TABLE "Prices" (id bigint PRIMARY KEY);
GRANT SELECT ON "Prices" TO PUBLIC;
-- Told once, of the parent.
CREATE TABLE measures (id bigint) PARTITION BY RANGE (id);
CREATE TABLE measures_1 PARTITION OF measures FOR VALUES FROM (0) TO (10);
GRANT SELECT ON measures, measures_1 TO PUBLIC;
