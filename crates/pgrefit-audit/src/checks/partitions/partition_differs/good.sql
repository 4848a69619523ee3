CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE INDEX events_what ON events (what);
CREATE TABLE events_0 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
-- Who comes by way of the table needs nothing here.
GRANT SELECT, INSERT ON events TO pg_monitor;
GRANT SELECT ON events_0 TO pg_monitor;
-- Nobody but the owner gets at it directly.
CREATE TABLE notes (at date NOT NULL, what text) PARTITION BY RANGE (at);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON notes TO pg_monitor;
CREATE TABLE notes_0 PARTITION OF notes FOR VALUES FROM ('2023-01-01') TO ('2024-01-01') PARTITION BY LIST (what);
CREATE TABLE notes_0_a PARTITION OF notes_0 FOR VALUES IN ('a');
