CREATE TABLE documents (id bigint PRIMARY KEY);
INSERT INTO documents VALUES (1);
CREATE TABLE chunks (id bigint PRIMARY KEY, document_id bigint REFERENCES documents);
INSERT INTO chunks SELECT i, CASE WHEN i % 2 = 0 THEN 1 END FROM generate_series(1, 1000) AS i;
-- Too small to say.
CREATE TABLE notes (id bigint PRIMARY KEY, document_id bigint REFERENCES documents);
INSERT INTO notes VALUES (1, NULL);
ANALYZE documents, chunks, notes;
