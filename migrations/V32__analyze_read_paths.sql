-- What:  planner statistics for the new tables, and for the expressions of the indexes of V20 and V21.
-- Why:   an expression has no statistics before the first ANALYZE behind its index, and the planner then takes one of
--        200 rows for a match.
-- Locks: SHARE UPDATE EXCLUSIVE on the four tables: nobody who reads or writes waits. Reads at most 30,000 sampled pages
--        of each.
-- Data:  none.
ANALYZE document_counts;
ANALYZE documents_search;
ANALYZE documents_signs;
ANALYZE documents;
