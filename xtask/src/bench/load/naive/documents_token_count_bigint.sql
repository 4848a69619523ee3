-- Writes the table and its indexes anew while everybody waits.
ALTER TABLE documents ALTER COLUMN token_count TYPE bigint;
