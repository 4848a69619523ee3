-- A report that takes its time. psql sends it as one message.
BEGIN;
SELECT content FROM documents LIMIT 1;
SELECT pg_sleep(SECONDS);
COMMIT
