-- since 18
-- finds public.lines.total
CREATE TABLE lines (
    id bigint PRIMARY KEY,
    price numeric NOT NULL,
    count int NOT NULL,
    total numeric GENERATED ALWAYS AS (price * count)
);
