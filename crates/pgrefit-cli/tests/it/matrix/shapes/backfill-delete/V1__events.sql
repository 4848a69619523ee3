CREATE TABLE events (kind text, "Code" text, note text NOT NULL, PRIMARY KEY (kind, "Code"));
INSERT INTO events SELECT 'kind ''' || i % 7, 'code \' || i, CASE WHEN i % 2 = 0 THEN 'old' ELSE 'new' END
FROM generate_series(1, 3000) AS i;
CREATE TABLE deletions (n int NOT NULL);
INSERT INTO deletions VALUES (0);
CREATE FUNCTION count_deletion() RETURNS trigger LANGUAGE plpgsql
AS 'BEGIN UPDATE deletions SET n = n + (SELECT count(*) FROM gone); RETURN NULL; END';
CREATE TRIGGER counted AFTER DELETE ON events REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION count_deletion();
