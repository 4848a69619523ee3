CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz, exact timestamptz(3), opens time(0));
