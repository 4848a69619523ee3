CREATE TABLE readings (day int NOT NULL, value int NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE readings_old PARTITION OF readings FOR VALUES FROM (0) TO (100);
CREATE TABLE readings_new PARTITION OF readings FOR VALUES FROM (100) TO (200);
CREATE INDEX readings_value ON readings (value);
INSERT INTO readings SELECT i % 200, i FROM generate_series(1, 3000) AS i;
