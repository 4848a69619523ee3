-- finds public.events.at
CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz(0));
