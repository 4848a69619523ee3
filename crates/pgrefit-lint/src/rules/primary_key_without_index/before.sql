CREATE TABLE logs (id bigint NOT NULL, line text);
INSERT INTO logs SELECT g, 'x' FROM generate_series(1, 5000) g;
