-- The rows that were there before the trigger.
-- pgrefit:backfill
UPDATE documents SET token_count_big = token_count WHERE token_count_big IS DISTINCT FROM token_count;
