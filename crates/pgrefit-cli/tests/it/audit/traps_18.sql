-- Shapes that PostgreSQL has since 18. The form of the expectations is that of `traps.sql`, and they are complete, too.

CREATE SCHEMA v18;
CREATE TABLE v18.target (id bigint PRIMARY KEY);

-- expect: constraint-not-valid v18.not_null.not_null_a
CREATE TABLE v18.not_null (id bigint PRIMARY KEY, a int);
ALTER TABLE v18.not_null ADD CONSTRAINT not_null_a NOT NULL a NOT VALID;

-- expect-not: constraint-not-valid v18.not_null_validated
CREATE TABLE v18.not_null_validated (id bigint PRIMARY KEY, a int);
ALTER TABLE v18.not_null_validated ADD CONSTRAINT not_null_validated_a NOT NULL a NOT VALID;
ALTER TABLE v18.not_null_validated VALIDATE CONSTRAINT not_null_validated_a;

-- What is not enforced is not valid either in the catalog, and cannot be validated.
-- expect: constraint-not-enforced v18.check_only.check_only_a
-- expect-not: constraint-not-valid v18.check_only
CREATE TABLE v18.check_only (id bigint PRIMARY KEY, a int, CONSTRAINT check_only_a CHECK (a > 0) NOT ENFORCED);

-- A foreign key that nobody enforces looks up no rows.
-- expect: constraint-not-enforced v18.key_only.key_only_fk
-- expect-not: constraint-not-valid v18.key_only
-- expect-not: foreign-key-without-index v18.key_only
-- expect-not: trigger-disabled v18.key_only
CREATE TABLE v18.key_only (
    id bigint PRIMARY KEY, a bigint, CONSTRAINT key_only_fk FOREIGN KEY (a) REFERENCES v18.target NOT ENFORCED
);

-- expect: constraint-not-enforced v18.parted_check.parted_check_a
-- expect-not: constraint-not-enforced v18.parted_check_1
CREATE TABLE v18.parted_check (
    id bigint PRIMARY KEY, a int, CONSTRAINT parted_check_a CHECK (a > 0) NOT ENFORCED
) PARTITION BY RANGE (id);
CREATE TABLE v18.parted_check_1 PARTITION OF v18.parted_check FOR VALUES FROM (0) TO (10);

-- expect: constraint-not-valid v18.parted.parted_fk
-- expect-not: constraint-not-valid v18.parted_1
CREATE TABLE v18.parted (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE v18.parted_1 PARTITION OF v18.parted FOR VALUES FROM (0) TO (10);
ALTER TABLE v18.parted ADD CONSTRAINT parted_fk FOREIGN KEY (id) REFERENCES v18.target NOT VALID;

-- A virtual column is stored nowhere, and changes nothing about the key.
-- expect-not: table-without-primary-key v18.virtual
CREATE TABLE v18.virtual (id bigint PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) VIRTUAL);
