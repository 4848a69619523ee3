-- needs vector
CREATE EXTENSION vector;
CREATE TABLE documents (id bigint PRIMARY KEY, small vector(3), embedding vector(3072));
-- An exact index, and one whose predicate names the column.
CREATE INDEX documents_small ON documents (small);
CREATE INDEX documents_todo ON documents (id) WHERE embedding IS NULL;
