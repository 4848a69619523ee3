CREATE TABLE prices (id bigint PRIMARY KEY, price numeric(10,2), CONSTRAINT positive CHECK (price > 0));
INSERT INTO prices SELECT g, g FROM generate_series(1, 5000) g;
