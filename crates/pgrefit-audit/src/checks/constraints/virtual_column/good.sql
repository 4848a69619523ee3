CREATE TABLE lines (
    id bigint PRIMARY KEY,
    price numeric NOT NULL,
    count int NOT NULL DEFAULT 1,
    total numeric GENERATED ALWAYS AS (price * count) STORED
);
