-- A table with everything on it.
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['life_owner', 'life_reader', 'life_writer', 'life_default'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN PASSWORD ''x''', name);
        END IF;
    END LOOP;
END $$;
CREATE SCHEMA app AUTHORIZATION life_owner;
GRANT USAGE ON SCHEMA app TO life_reader, life_writer;
CREATE TABLE app.sources (name text PRIMARY KEY);
ALTER TABLE app.sources OWNER TO life_owner;
INSERT INTO app.sources VALUES ('rust'), ('go');
CREATE SEQUENCE app.serial_seq OWNED BY NONE;
CREATE TABLE app.documents (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5) PRIMARY KEY,
    dropped int,
    number int NOT NULL DEFAULT nextval('app.serial_seq'),
    source_name text NOT NULL,
    path text COLLATE "C" NOT NULL,
    body text,
    size int GENERATED ALWAYS AS (length(body)) STORED,
    state text NOT NULL DEFAULT 'new',
    tenant text NOT NULL DEFAULT current_user,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz,
    CONSTRAINT documents_state CHECK (state IN ('new', 'old', 'it''s')),
    CONSTRAINT documents_natural UNIQUE (source_name, path, created_at) DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT documents_source_fk FOREIGN KEY (source_name) REFERENCES app.sources (name) ON DELETE CASCADE
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE app.documents DROP COLUMN dropped;
ALTER SEQUENCE app.serial_seq OWNED BY app.documents.number;
ALTER SEQUENCE app.serial_seq OWNER TO CURRENT_USER;
ALTER TABLE app.documents OWNER TO life_owner;
ALTER TABLE app.documents ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE app.documents ALTER COLUMN path SET STATISTICS 500;
ALTER TABLE app.documents ALTER COLUMN source_name SET (n_distinct = 12);
CREATE UNIQUE INDEX documents_number ON app.documents (number) INCLUDE (state) WHERE state <> 'old';
CREATE INDEX documents_created ON app.documents (created_at DESC, id);
CREATE INDEX "Odd (Index)" ON app.documents (lower(path) text_pattern_ops) WITH (fillfactor = 70) WHERE path <> ')';
CREATE STATISTICS app.documents_stats (dependencies) ON source_name, state FROM app.documents;
ALTER STATISTICS app.documents_stats SET STATISTICS 300;
COMMENT ON STATISTICS app.documents_stats IS 'they go together';
COMMENT ON TABLE app.documents IS 'It''s a \ table';
COMMENT ON COLUMN app.documents.path IS 'where it is';
COMMENT ON CONSTRAINT documents_state ON app.documents IS 'states';
COMMENT ON INDEX app.documents_created IS 'newest first';
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.log VALUES (TG_OP); RETURN NULL; END $$;
CREATE TABLE app.log (what text);
CREATE TRIGGER documents_touch BEFORE UPDATE ON app.documents FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER documents_note AFTER INSERT OR DELETE ON app.documents FOR EACH STATEMENT EXECUTE FUNCTION app.note();
CREATE TRIGGER documents_off AFTER DELETE ON app.documents FOR EACH ROW EXECUTE FUNCTION app.note();
ALTER TABLE app.documents DISABLE TRIGGER documents_off;
COMMENT ON TRIGGER documents_touch ON app.documents IS 'touches';
ALTER TABLE app.documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.documents FOR SELECT TO life_reader USING (tenant = 'shared' OR tenant = current_user);
CREATE POLICY all_of_it ON app.documents TO life_writer USING (true) WITH CHECK (state <> 'old');
COMMENT ON POLICY own ON app.documents IS 'one''s own';
GRANT SELECT ON app.documents TO life_reader;
GRANT INSERT, UPDATE, DELETE ON app.documents TO life_writer WITH GRANT OPTION;
GRANT SELECT (id, path, state), UPDATE (body) ON app.documents TO life_writer;
GRANT INSERT ON app.log TO life_writer;
GRANT USAGE ON SEQUENCE app.documents_id_seq TO life_reader;
GRANT USAGE ON SEQUENCE app.serial_seq TO life_writer;
CREATE VIEW app.recent WITH (security_barrier = true) AS
    SELECT d.id, d.path, d.created_at FROM app.documents d WHERE d.created_at > '2026-01-01' ORDER BY d.created_at;
CREATE VIEW app.of_recent AS SELECT count(*) AS n FROM app.recent;
CREATE VIEW app.counted AS SELECT s.name, count(d.id) FROM app.sources s LEFT JOIN app.documents d ON d.source_name = s.name GROUP BY s.name;
GRANT SELECT ON app.recent TO life_reader;
ALTER VIEW app.counted OWNER TO life_owner;
COMMENT ON VIEW app.recent IS 'recent ones';
CREATE PUBLICATION life_pub FOR TABLE app.documents, app.sources WITH (publish_via_partition_root = true);
-- What new tables of the migrating role would get.
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT ALL ON TABLES TO life_default;
INSERT INTO app.documents (source_name, path, body, created_at, tenant)
SELECT CASE i % 2 WHEN 0 THEN 'rust' ELSE 'go' END, 'p' || i, repeat('x', i % 50),
       timestamptz '2026-01-15 12:00:00+00' + (i % 300) * interval '1 day', CASE i % 3 WHEN 0 THEN 'shared' ELSE 'other' END
FROM generate_series(1, 3000) i;
ANALYZE app.documents;
