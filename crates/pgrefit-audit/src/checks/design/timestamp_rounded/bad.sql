-- finds public.events.at
-- finds public.visits.at
-- finds public.visits.others
CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz(0));
CREATE DOMAIN moment AS timestamptz(0);
CREATE TABLE visits (id bigint PRIMARY KEY, at moment, others timestamp(0)[]);
