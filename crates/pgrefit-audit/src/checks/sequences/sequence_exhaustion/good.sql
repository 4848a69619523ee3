CREATE TABLE tickets (id bigserial PRIMARY KEY);
SELECT setval('tickets_id_seq', 1950000000);
CREATE SEQUENCE event_numbers AS bigint;
CREATE TABLE events (id bigint DEFAULT nextval('event_numbers') PRIMARY KEY);
SELECT setval('event_numbers', 2000000000);
CREATE TABLE notes (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SELECT setval('notes_id_seq', 250);
