CREATE TABLE logs (id bigint, line text);
INSERT INTO logs SELECT g, 'x' FROM generate_series(1, 5000) g;
CREATE UNIQUE INDEX logs_id ON logs (id);
