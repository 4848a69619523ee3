CREATE TABLE readings (id bigint PRIMARY KEY, n int NOT NULL);
INSERT INTO readings SELECT i * 3, i FROM generate_series(1, 3000) AS i;
CREATE TABLE copies (reading bigint REFERENCES readings, n int NOT NULL);
