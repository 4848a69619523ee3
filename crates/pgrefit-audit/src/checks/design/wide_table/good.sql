CREATE TABLE readings (id bigint PRIMARY KEY);
DO 'BEGIN FOR i IN 1..99 LOOP EXECUTE format(''ALTER TABLE readings ADD COLUMN %I int'', ''v_'' || i); END LOOP; END';
-- Dropped columns do not count.
ALTER TABLE readings ADD COLUMN gone int;
ALTER TABLE readings DROP COLUMN gone;
