-- finds public.jobs.function
-- finds public.jobs.schemas
-- finds public.words.config
CREATE TABLE jobs (id bigint PRIMARY KEY, function regproc, schemas regnamespace[]);
CREATE MATERIALIZED VIEW words AS SELECT 'english'::regconfig AS config;
