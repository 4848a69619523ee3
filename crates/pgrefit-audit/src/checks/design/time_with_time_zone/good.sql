CREATE TABLE shops (id bigint PRIMARY KEY, opens time, zone text, since timestamptz);
