CREATE TABLE documents (id bigint PRIMARY KEY, content text);
INSERT INTO documents SELECT g, string_agg(md5(g::text || i::text), '') FROM generate_series(1, 3) g, generate_series(1, 900) i GROUP BY g;
