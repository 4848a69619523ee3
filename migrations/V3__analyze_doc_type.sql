-- What:  planner statistics for the two `doc_type` columns.
-- Why:   the change of type threw the old statistics away; until they are back, the planner guesses how many
--        documents `doc_type = 'rust'` selects. Autovacuum would come, but not necessarily today.
-- Locks: SHARE UPDATE EXCLUSIVE on both tables: nobody who reads or writes waits. Reads at most 30,000 sampled
--        pages, so it takes no longer on a large table than on a middling one: well under a second when cached.
-- Data:  none.
ANALYZE document_sources (doc_type);
ANALYZE documents (doc_type);
