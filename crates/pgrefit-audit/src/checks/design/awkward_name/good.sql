CREATE TABLE customers (id bigint PRIMARY KEY, name text, _2nd text, a1 int, type text);
-- Key words that may be names, and letters beyond ASCII.
CREATE TABLE "values" (id bigint PRIMARY KEY, "timestamp" int, "time" int, "position" int, "row" int, "between" int, größe int);
SELECT timestamp, time, position, row, between, größe FROM values;
