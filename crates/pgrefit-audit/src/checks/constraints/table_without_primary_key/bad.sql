-- finds public.readings
-- finds public."Tags"
-- finds public.events
-- finds public.notes
CREATE TABLE readings (sensor int NOT NULL, value real);
-- It could be one.
CREATE TABLE "Tags" (name text NOT NULL);
CREATE UNIQUE INDEX "Tags_name" ON "Tags" (name);
-- A unique index does not tell rows without a value apart, nor those that it leaves out.
CREATE TABLE notes (a int UNIQUE, b int NOT NULL, shown boolean);
CREATE UNIQUE INDEX ON notes (b) WHERE shown;
-- Told once.
CREATE TABLE events (day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
