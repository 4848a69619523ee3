CREATE TABLE customers (id bigint PRIMARY KEY, name text, _2nd text, a1 int, type text);
