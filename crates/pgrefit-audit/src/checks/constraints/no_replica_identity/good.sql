CREATE TABLE readings (sensor int NOT NULL, value real);
CREATE UNIQUE INDEX readings_sensor ON readings (sensor);
ALTER TABLE readings REPLICA IDENTITY USING INDEX readings_sensor;
CREATE TABLE slots (id bigint PRIMARY KEY);
CREATE TABLE notes (words text);
ALTER TABLE notes REPLICA IDENTITY FULL;
-- Each partition has its own.
CREATE TABLE events (id bigint NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE events_2026 ADD PRIMARY KEY (id);
CREATE PUBLICATION changes FOR TABLE readings, slots, notes, events;
-- Not published, and published for what is new only.
CREATE TABLE scratch (a int);
CREATE TABLE log (line text);
CREATE PUBLICATION lines FOR TABLE log WITH (publish = 'insert');
