-- finds public."Imports"
-- finds TOAST table of public.documents
-- finds public.totals
CREATE TABLE "Imports" (id bigint PRIMARY KEY, amount numeric NOT NULL) WITH (autovacuum_enabled = off);
CREATE TABLE documents (id bigint PRIMARY KEY, body text) WITH (toast.autovacuum_enabled = false);
CREATE MATERIALIZED VIEW totals WITH (autovacuum_enabled = false) AS SELECT sum(amount) FROM "Imports";
