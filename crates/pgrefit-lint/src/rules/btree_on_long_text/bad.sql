CREATE INDEX CONCURRENTLY documents_content ON documents (content);
