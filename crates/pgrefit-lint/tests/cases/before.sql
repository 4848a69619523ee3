CREATE TYPE kind AS ENUM ('a', 'b');
CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE SEQUENCE numbers;
CREATE TABLE sources (id bigint PRIMARY KEY);
CREATE TABLE documents (
    id bigint PRIMARY KEY,
    title varchar(200),
    price numeric(10,2),
    cost numeric(10,2),
    weight numeric(10,2),
    region varchar(20),
    tags varchar(5)[],
    seen timestamp,
    checked text,
    isbn text,
    address cidr,
    kind kind,
    share percent,
    content text,
    payload jsonb,
    embedding vector(3072),
    CONSTRAINT checked_there CHECK (checked IS NOT NULL),
    CONSTRAINT price_positive CHECK (price > 0)
);
CREATE INDEX documents_isbn_index ON documents (isbn);
CREATE UNIQUE INDEX documents_id_isbn ON documents (id, isbn);
CREATE INDEX documents_region ON documents (region) WHERE region IS NOT NULL;
CREATE TABLE lines (id bigint PRIMARY KEY, document_id bigint, note text);
CREATE INDEX lines_document ON lines (document_id);
ALTER TABLE lines ADD CONSTRAINT lines_document FOREIGN KEY (document_id) REFERENCES documents (id);
CREATE TABLE logs (id bigint, line text CHECK (line <> ''));
CREATE UNIQUE INDEX logs_id ON logs (id);
CREATE TABLE keyless (id bigint NOT NULL, line text);
CREATE UNIQUE INDEX keyless_id ON keyless (id);
CREATE TABLE kinds (id int PRIMARY KEY);
CREATE TABLE events (kind int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE INDEX events_kinds ON events (kind, at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 (kind int, at date NOT NULL);
CREATE TABLE events_2025_checked (
    kind int,
    at date NOT NULL,
    CHECK (at >= '2025-01-01' AND at < '2026-01-01')
);
CREATE INDEX events_2025_checked_kinds ON events_2025_checked (kind, at);
CREATE TABLE events_2023 (kind int, at date NOT NULL, CHECK (at >= '2023-01-01' AND at < '2024-01-01'));
CREATE TABLE partitioned (id int) PARTITION BY RANGE (id);
CREATE TABLE partitioned_default PARTITION OF partitioned DEFAULT;
CREATE VIEW costs AS SELECT cost FROM documents;
CREATE MATERIALIZED VIEW totals AS SELECT sum(cost) AS total, count(*) AS number FROM documents;
CREATE UNIQUE INDEX totals_key ON totals (total);
CREATE MATERIALIZED VIEW unkeyed AS SELECT 1 AS one;
CREATE TABLE partitioned_1 PARTITION OF partitioned FOR VALUES FROM (1) TO (2);
CREATE FUNCTION fixed() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN 1; END $$;
CREATE FUNCTION inlined() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
CREATE FUNCTION wobbly() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN random(); END $$;
CREATE FUNCTION reads_checked() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    RETURN (SELECT checked FROM documents LIMIT 1);
END $$;
CREATE FUNCTION widen() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    ALTER TABLE documents ALTER COLUMN share TYPE bigint;
END $$;
CREATE PROCEDURE shrink() LANGUAGE sql AS $$ DELETE FROM lines WHERE note IS NULL $$;
