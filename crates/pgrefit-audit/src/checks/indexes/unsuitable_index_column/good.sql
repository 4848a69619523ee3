CREATE TABLE documents (id bigint PRIMARY KEY, tags text[], meta jsonb, kind int, read boolean NOT NULL);
CREATE INDEX documents_tags ON documents USING gin (tags);
CREATE INDEX documents_meta ON documents USING gin (meta jsonb_path_ops);
CREATE INDEX documents_meta_kind ON documents ((meta ->> 'kind'));
-- Keeps whole values apart.
CREATE UNIQUE INDEX documents_tags_once ON documents (tags);
-- What is included is not searched.
CREATE INDEX documents_kind ON documents (kind) INCLUDE (tags);
CREATE INDEX documents_unread ON documents (read) WHERE NOT read;
CREATE INDEX documents_read ON documents (read, kind);
-- An exclusion constraint is a rule, too.
CREATE TABLE sets (members int[], CONSTRAINT sets_members EXCLUDE USING btree (members WITH =));
