CREATE TABLE orders (id bigint PRIMARY KEY, ordered_at timestamptz, due date, opens time);
