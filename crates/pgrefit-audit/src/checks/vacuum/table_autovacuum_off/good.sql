-- On is what it is without the option, too; thresholds of its own do not switch it off.
CREATE TABLE "Imports" (id bigint PRIMARY KEY, amount numeric NOT NULL)
    WITH (autovacuum_enabled = on, autovacuum_vacuum_scale_factor = 0.01, fillfactor = 90);
CREATE TABLE documents (id bigint PRIMARY KEY, body text)
    WITH (toast.autovacuum_enabled = true, toast.autovacuum_vacuum_threshold = 10000);
CREATE MATERIALIZED VIEW totals AS SELECT sum(amount) FROM "Imports";
-- It ends with its session.
CREATE TEMPORARY TABLE scratch (id bigint) WITH (autovacuum_enabled = false);
