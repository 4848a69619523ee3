BEGIN;
ALTER TYPE state ADD VALUE 'gone';
UPDATE things SET state = 'gone' WHERE id = 1;
COMMIT;
