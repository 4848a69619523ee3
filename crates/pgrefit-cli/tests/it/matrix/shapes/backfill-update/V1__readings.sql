CREATE TABLE readings (id uuid PRIMARY KEY, n int NOT NULL);
INSERT INTO readings SELECT md5(i::text)::uuid, i FROM generate_series(1, 3000) AS i;
