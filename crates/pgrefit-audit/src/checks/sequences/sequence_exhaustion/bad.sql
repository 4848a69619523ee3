-- finds public.tickets.id
-- finds public.events.id
-- finds public.notes.id
CREATE TABLE tickets (id serial PRIMARY KEY);
SELECT setval('tickets_id_seq', 1950000000);
-- The sequence could go on, the column cannot.
CREATE SEQUENCE event_numbers AS bigint;
CREATE TABLE events (id int DEFAULT nextval('event_numbers') PRIMARY KEY);
SELECT setval('event_numbers', 2000000000);
CREATE TABLE notes (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SELECT setval('notes_id_seq', 25000);
