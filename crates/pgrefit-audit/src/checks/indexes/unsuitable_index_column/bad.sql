-- finds public.documents_tags
-- finds public.documents_meta
-- finds public.documents_read
CREATE TABLE documents (id bigint PRIMARY KEY, tags text[], meta jsonb, kind int, read boolean NOT NULL);
CREATE INDEX documents_tags ON documents (tags);
CREATE INDEX documents_meta ON documents (kind, meta);
CREATE INDEX documents_read ON documents (read);
