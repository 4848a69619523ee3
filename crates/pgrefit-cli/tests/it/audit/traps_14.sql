-- As traps.sql, for what PostgreSQL 14 brought.

CREATE SCHEMA v14;

-- As a `DETACH PARTITION … CONCURRENTLY` leaves it that was interrupted while it waited for a second session. Marked by
-- hand: no second session is needed.
-- expect: detach-pending v14.pending_1
-- expect-not: detach-pending v14.pending_2
CREATE TABLE v14.pending (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE v14.pending_1 PARTITION OF v14.pending FOR VALUES FROM (0) TO (10);
CREATE TABLE v14.pending_2 PARTITION OF v14.pending FOR VALUES FROM (10) TO (20);
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'v14.pending_1'::regclass;
