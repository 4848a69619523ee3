CREATE INDEX CONCURRENTLY documents_content ON documents (md5(content));
