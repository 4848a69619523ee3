-- finds public.readings
CREATE TABLE readings (id bigint PRIMARY KEY);
DO 'BEGIN FOR i IN 1..1250 LOOP
    EXECUTE ''ALTER TABLE readings DROP COLUMN IF EXISTS value, ADD COLUMN value int'';
END LOOP; END';
