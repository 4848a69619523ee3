-- finds public.events.payload
-- finds public.logs.entry
-- finds public.batches.entries
CREATE TABLE events (id bigint PRIMARY KEY, payload json);
-- Said once, of the partitioned table.
CREATE TABLE logs (at timestamptz NOT NULL, entry json) PARTITION BY RANGE (at);
CREATE TABLE logs_2026 PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE batches (id bigint PRIMARY KEY, entries json[]);
