-- needs postgres_fdw
-- finds public.events_what
-- finds public.events_number
-- finds public.logs_note
-- finds public.logs_key
-- finds public.keys_pkey
CREATE TABLE events (at date NOT NULL, what text, number int) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX events_what ON ONLY events (what);
CREATE INDEX events_2024_what ON events_2024 (what);
ALTER INDEX events_what ATTACH PARTITION events_2024_what;
CREATE UNIQUE INDEX events_number ON ONLY events (at, number);
-- One that could be attached, and one that is foreign.
CREATE EXTENSION postgres_fdw;
CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw;
CREATE TABLE logs (at date NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE logs_2024 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE FOREIGN TABLE logs_2025 PARTITION OF logs FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') SERVER other;
CREATE INDEX logs_2024_note ON logs_2024 (note);
CREATE INDEX logs_note ON ONLY logs (note);
CREATE UNIQUE INDEX logs_key ON ONLY logs (at);
-- A constraint, whose parts are constraints.
CREATE TABLE keys (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE keys_2024 PARTITION OF keys FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE UNIQUE INDEX keys_2024_at ON keys_2024 (at);
ALTER TABLE ONLY keys ADD PRIMARY KEY (at);
