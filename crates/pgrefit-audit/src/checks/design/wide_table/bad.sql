-- finds public.readings
CREATE TABLE readings (id bigint PRIMARY KEY);
DO 'BEGIN FOR i IN 1..100 LOOP EXECUTE format(''ALTER TABLE readings ADD COLUMN %I int'', ''v_'' || i); END LOOP; END';
