-- As traps.sql, for what PostgreSQL 15 brought.

CREATE SCHEMA v15;

-- The second forbids what the first lets pass.
-- expect-not: duplicate-index v15.nulls
CREATE TABLE v15.nulls (id bigint PRIMARY KEY, a int, UNIQUE (a));
CREATE UNIQUE INDEX ON v15.nulls (a) NULLS NOT DISTINCT;
