CREATE TABLE lines (id bigint NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE lines_first PARTITION OF lines FOR VALUES FROM (MINVALUE) TO (0);
-- Made in another order.
CREATE TABLE lines_1 PARTITION OF lines FOR VALUES FROM (1000) TO (2000);
CREATE TABLE lines_0 PARTITION OF lines FOR VALUES FROM (0) TO (1000);
CREATE TABLE lines_last PARTITION OF lines FOR VALUES FROM (2000) TO (MAXVALUE);
-- Over two columns one range goes on within a value of the first.
CREATE TABLE events (at date NOT NULL, hour int NOT NULL) PARTITION BY RANGE (at, hour);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01', 0) TO ('2024-01-01', 12);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-01-01', 12) TO ('2024-01-02', 0);
