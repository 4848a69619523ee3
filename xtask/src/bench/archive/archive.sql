-- A partition as archives see them: all documents that were loaded, with the constraint and the indexes that it has there.
CREATE TABLE documents_archive (LIKE documents INCLUDING DEFAULTS) PARTITION BY RANGE (created_at);
CREATE TABLE documents_archive_p1 PARTITION OF documents_archive FOR VALUES FROM ('2000-01-01') TO ('2100-01-01');
INSERT INTO documents_archive SELECT * FROM documents;
ALTER TABLE documents_archive ADD PRIMARY KEY (id, created_at);
CREATE INDEX ON documents_archive (doc_type, source_name);
DROP TABLE documents CASCADE;
VACUUM (FREEZE, ANALYZE) documents_archive_p1;
