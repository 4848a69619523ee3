CREATE TABLE jobs (id bigint PRIMARY KEY, function text, source regclass, owner regrole, kind regtype[]);
-- A view holds nothing.
CREATE VIEW words AS SELECT 'english'::regconfig AS config;
