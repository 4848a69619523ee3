-- What:  drops the enum type `doc_type`, which no column uses since V2.
-- Why:   an old name that a new statement could still cast to. Last of all, so that every statement with
--        `::doc_type` that is still running somewhere has the longest time to go. If anything else depends on the
--        type, this file fails and names it; nothing is dropped along with it.
-- Locks: ACCESS EXCLUSIVE on the type alone. Milliseconds.
-- Data:  none.
DROP TYPE IF EXISTS doc_type;
