CREATE TABLE vehicles (id bigint, kind text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE cars PARTITION OF vehicles FOR VALUES IN ('car');
CREATE TABLE copied (LIKE vehicles);
