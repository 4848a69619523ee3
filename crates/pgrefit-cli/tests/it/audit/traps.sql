-- Shapes that audits of databases get wrong, on any supported version, one schema a topic.
--
-- Above an object stands what an audit says of it:
--   -- expect: <check> <schema.relation[.object]>        is found
--   -- expect-not: <check> <schema.relation[.object]>    is not found
-- Names are quoted as SQL needs it. The object is a column for `sequence-exhaustion` and `key-near-limit`, an index for
-- what concerns indexes, a constraint for constraints and foreign keys, and for a disabled trigger its name, or the
-- foreign key that it keeps. A relation alone stands for all that is found at it.
-- Of indexes that can replace each other the one that can go is named; of equals the later one. A partitioned table is
-- named once, at its root.
--
-- The expectations are complete: what is not expected, of the checks that are named here, is not found. The file can be
-- sent as one message, and needs a superuser, because it marks indexes as invalid and a partition as being detached.

-- Foreign keys, and the indexes that serve them or do not.

CREATE SCHEMA fk;
CREATE SCHEMA fk_other;
CREATE TABLE fk.target (id bigint PRIMARY KEY);
CREATE TABLE fk.pair (a bigint, b bigint, PRIMARY KEY (a, b));
CREATE TABLE fk.list (key bigint[] PRIMARY KEY);

-- expect: foreign-key-without-index fk.no_index.no_index_fk
CREATE TABLE fk.no_index (id bigint PRIMARY KEY, a bigint CONSTRAINT no_index_fk REFERENCES fk.target);

-- expect-not: foreign-key-without-index fk.full_index
CREATE TABLE fk.full_index (id bigint PRIMARY KEY, a bigint REFERENCES fk.target);
CREATE INDEX ON fk.full_index (a);

-- expect-not: foreign-key-without-index fk.descending_index
CREATE TABLE fk.descending_index (id bigint PRIMARY KEY, a bigint REFERENCES fk.target);
CREATE INDEX ON fk.descending_index (a DESC NULLS LAST);

-- expect-not: foreign-key-without-index fk.primary_key
CREATE TABLE fk.primary_key (id bigint PRIMARY KEY REFERENCES fk.target);

-- expect: foreign-key-without-index fk.partial_index.partial_index_fk
CREATE TABLE fk.partial_index (id bigint PRIMARY KEY, a bigint CONSTRAINT partial_index_fk REFERENCES fk.target);
CREATE INDEX ON fk.partial_index (a) WHERE id > 100;

-- A partial index that leaves out only rows that refer to nothing.
-- expect-not: foreign-key-without-index fk.partial_not_null
CREATE TABLE fk.partial_not_null (id bigint PRIMARY KEY, a bigint REFERENCES fk.target);
CREATE INDEX ON fk.partial_not_null (a) WHERE a IS NOT NULL;

-- expect: foreign-key-without-index fk.partial_null.partial_null_fk
CREATE TABLE fk.partial_null (id bigint PRIMARY KEY, a bigint CONSTRAINT partial_null_fk REFERENCES fk.target);
CREATE INDEX ON fk.partial_null (a) WHERE a IS NULL;

-- expect: foreign-key-without-index fk.include_only.include_only_fk
CREATE TABLE fk.include_only (
    id bigint PRIMARY KEY, note text, a bigint CONSTRAINT include_only_fk REFERENCES fk.target
);
CREATE INDEX ON fk.include_only (note) INCLUDE (a);

-- The second column of the key is not in the key of the index.
-- expect: foreign-key-without-index fk.include_second.include_second_fk
CREATE TABLE fk.include_second (
    id bigint PRIMARY KEY, a bigint, b bigint, CONSTRAINT include_second_fk FOREIGN KEY (a, b) REFERENCES fk.pair
);
CREATE INDEX ON fk.include_second (a) INCLUDE (b);

-- expect-not: foreign-key-without-index fk.swapped
CREATE TABLE fk.swapped (
    id bigint PRIMARY KEY, a bigint, b bigint, FOREIGN KEY (a, b) REFERENCES fk.pair
);
CREATE INDEX ON fk.swapped (b, a);

-- expect-not: foreign-key-without-index fk.wider
CREATE TABLE fk.wider (id bigint PRIMARY KEY, note text, a bigint REFERENCES fk.target);
CREATE INDEX ON fk.wider (a, note);

-- expect: foreign-key-without-index fk.narrower.narrower_fk
CREATE TABLE fk.narrower (
    id bigint PRIMARY KEY, a bigint, b bigint, CONSTRAINT narrower_fk FOREIGN KEY (a, b) REFERENCES fk.pair
);
CREATE INDEX ON fk.narrower (a);

-- expect: foreign-key-without-index fk.gap.gap_fk
CREATE TABLE fk.gap (
    id bigint PRIMARY KEY, note text, a bigint, b bigint, CONSTRAINT gap_fk FOREIGN KEY (a, b) REFERENCES fk.pair
);
CREATE INDEX ON fk.gap (a, note, b);

-- expect: foreign-key-without-index fk.non_leading.non_leading_fk
CREATE TABLE fk.non_leading (
    id bigint PRIMARY KEY, note text, a bigint CONSTRAINT non_leading_fk REFERENCES fk.target
);
CREATE INDEX ON fk.non_leading (note, a);

-- expect: foreign-key-without-index fk.invalid_only.invalid_only_fk
-- expect: invalid-index fk.invalid_only_a
CREATE TABLE fk.invalid_only (id bigint PRIMARY KEY, a bigint CONSTRAINT invalid_only_fk REFERENCES fk.target);
CREATE INDEX invalid_only_a ON fk.invalid_only (a);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'fk.invalid_only_a'::regclass;

-- expect: foreign-key-without-index fk.expression.expression_fk
CREATE TABLE fk.expression (id bigint PRIMARY KEY, a bigint CONSTRAINT expression_fk REFERENCES fk.target);
CREATE INDEX ON fk.expression ((a + 0));

-- expect-not: foreign-key-without-index fk.hash_index
CREATE TABLE fk.hash_index (id bigint PRIMARY KEY, a bigint REFERENCES fk.target);
CREATE INDEX ON fk.hash_index USING hash (a);

-- expect: foreign-key-without-index fk.brin_only.brin_only_fk
CREATE TABLE fk.brin_only (id bigint PRIMARY KEY, a bigint CONSTRAINT brin_only_fk REFERENCES fk.target);
CREATE INDEX ON fk.brin_only USING brin (a);

-- expect: foreign-key-without-index fk.gin_only.gin_only_fk
CREATE TABLE fk.gin_only (id bigint PRIMARY KEY, a bigint[] CONSTRAINT gin_only_fk REFERENCES fk.list);
CREATE INDEX ON fk.gin_only USING gin (a);

-- expect: foreign-key-without-index fk.tree.tree_fk
CREATE TABLE fk.tree (id bigint PRIMARY KEY, parent bigint CONSTRAINT tree_fk REFERENCES fk.tree);

-- Each partition has a constraint of its own in the catalog.
-- expect: foreign-key-without-index fk.parted.parted_fk
-- expect-not: foreign-key-without-index fk.parted_1
-- expect-not: foreign-key-without-index fk.parted_2
CREATE TABLE fk.parted (id bigint PRIMARY KEY, a bigint CONSTRAINT parted_fk REFERENCES fk.target)
    PARTITION BY RANGE (id);
CREATE TABLE fk.parted_1 PARTITION OF fk.parted FOR VALUES FROM (0) TO (10);
CREATE TABLE fk.parted_2 PARTITION OF fk.parted FOR VALUES FROM (10) TO (20);

-- expect-not: foreign-key-without-index fk.parted_index
-- expect-not: foreign-key-without-index fk.parted_index_1
CREATE TABLE fk.parted_index (id bigint PRIMARY KEY, a bigint REFERENCES fk.target) PARTITION BY RANGE (id);
CREATE TABLE fk.parted_index_1 PARTITION OF fk.parted_index FOR VALUES FROM (0) TO (10);
CREATE INDEX ON fk.parted_index (a);

-- A key that refers to a partitioned table has a constraint for each of its partitions.
-- expect: foreign-key-without-index fk.to_parted.to_parted_fk
CREATE TABLE fk.to_parted (id bigint PRIMARY KEY, a bigint CONSTRAINT to_parted_fk REFERENCES fk.parted);

-- expect: foreign-key-without-index fk_other.child.child_fk
CREATE TABLE fk_other.child (id bigint PRIMARY KEY, a bigint CONSTRAINT child_fk REFERENCES fk.target);

-- The same name as in another schema, where the key has no index.
-- expect-not: foreign-key-without-index fk_other.no_index
CREATE TABLE fk_other.no_index (id bigint PRIMARY KEY, a bigint CONSTRAINT no_index_fk REFERENCES fk.target);
CREATE INDEX ON fk_other.no_index (a);

-- expect: foreign-key-without-index fk."MixedCase"."MixedCase_FK"
CREATE TABLE fk."MixedCase" ("Id" bigint PRIMARY KEY, "A" bigint CONSTRAINT "MixedCase_FK" REFERENCES fk.target);

-- expect: foreign-key-without-index fk."a ""quoted"" name"."key, ""it"" is"
CREATE TABLE fk."a ""quoted"" name" (
    id bigint PRIMARY KEY, "it's" bigint CONSTRAINT "key, ""it"" is" REFERENCES fk.target
);

-- expect-not: foreign-key-without-index fk."dot.ted"
CREATE TABLE fk."dot.ted" (id bigint PRIMARY KEY, "a.b" bigint REFERENCES fk.target);
CREATE INDEX ON fk."dot.ted" ("a.b");

-- Indexes that can replace each other, or only seem so.

CREATE SCHEMA dup;

-- expect: duplicate-index dup.exact_2
-- expect: duplicate-index dup.exact_3
CREATE TABLE dup.exact (id bigint PRIMARY KEY, a int, b int);
CREATE INDEX exact_1 ON dup.exact (a, b);
CREATE INDEX exact_2 ON dup.exact (a, b);
CREATE INDEX exact_3 ON dup.exact (a, b);

-- expect: duplicate-index dup.key_twin_index
CREATE TABLE dup.key_twin (id bigint PRIMARY KEY);
CREATE UNIQUE INDEX key_twin_index ON dup.key_twin (id);

-- expect: duplicate-index dup.key_twin_constraint_unique
CREATE TABLE dup.key_twin_constraint (id bigint PRIMARY KEY);
ALTER TABLE dup.key_twin_constraint ADD CONSTRAINT key_twin_constraint_unique UNIQUE (id);

-- The one that is not unique can go.
-- expect: duplicate-index dup.plain_twin_1
CREATE TABLE dup.plain_twin (id bigint PRIMARY KEY, a int);
CREATE INDEX plain_twin_1 ON dup.plain_twin (a);
CREATE UNIQUE INDEX plain_twin_2 ON dup.plain_twin (a);

-- expect: duplicate-index dup.expression_twin_2
CREATE TABLE dup.expression_twin (id bigint PRIMARY KEY, c text);
CREATE INDEX expression_twin_1 ON dup.expression_twin (lower(c));
CREATE INDEX expression_twin_2 ON dup.expression_twin (   lower( c ));

-- expect-not: duplicate-index dup.expression_other
CREATE TABLE dup.expression_other (id bigint PRIMARY KEY, c text, d text);
CREATE INDEX ON dup.expression_other (lower(c));
CREATE INDEX ON dup.expression_other (upper(c));
CREATE INDEX ON dup.expression_other (lower(d));

-- expect: duplicate-index dup.partial_twin_2
CREATE TABLE dup.partial_twin (id bigint PRIMARY KEY, a int, b int);
CREATE INDEX partial_twin_1 ON dup.partial_twin (a) WHERE b > 0;
CREATE INDEX partial_twin_2 ON dup.partial_twin (a) WHERE b    > 0;

-- expect-not: duplicate-index dup.partial_other
-- expect-not: redundant-index dup.partial_other
CREATE TABLE dup.partial_other (id bigint PRIMARY KEY, a int, b int);
CREATE INDEX ON dup.partial_other (a);
CREATE INDEX ON dup.partial_other (a) WHERE b > 0;
CREATE INDEX ON dup.partial_other (a) WHERE b > 1;

-- expect-not: duplicate-index dup.descending
-- expect-not: redundant-index dup.descending
CREATE TABLE dup.descending (id bigint PRIMARY KEY, a int, b int);
CREATE INDEX ON dup.descending (a, b);
CREATE INDEX ON dup.descending (a, b DESC);

-- expect-not: duplicate-index dup.collated
CREATE TABLE dup.collated (id bigint PRIMARY KEY, c text);
CREATE INDEX ON dup.collated (c);
CREATE INDEX ON dup.collated (c COLLATE "C");

-- expect-not: duplicate-index dup.operators
CREATE TABLE dup.operators (id bigint PRIMARY KEY, c text, j jsonb);
CREATE INDEX ON dup.operators (c);
CREATE INDEX ON dup.operators (c text_pattern_ops);
CREATE INDEX ON dup.operators USING gin (j);
CREATE INDEX ON dup.operators USING gin (j jsonb_path_ops);

-- expect-not: duplicate-index dup.method
-- expect-not: redundant-index dup.method
CREATE TABLE dup.method (id bigint PRIMARY KEY, a int);
CREATE INDEX ON dup.method (a);
CREATE INDEX ON dup.method USING hash (a);
CREATE INDEX ON dup.method USING brin (a);

-- expect-not: duplicate-index dup.invalid_twin
-- expect: invalid-index dup.invalid_twin_2
CREATE TABLE dup.invalid_twin (id bigint PRIMARY KEY, a int);
CREATE INDEX invalid_twin_1 ON dup.invalid_twin (a);
CREATE INDEX invalid_twin_2 ON dup.invalid_twin (a);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'dup.invalid_twin_2'::regclass;

-- Names and numbers of columns that begin with each other.
-- expect-not: duplicate-index dup.digits
-- expect-not: redundant-index dup.digits
CREATE TABLE dup.digits (
    c1 int, c2 int, c3 int, c4 int, c5 int, c6 int, c7 int, c8 int, c9 int, c10 int, c11 int, id bigint PRIMARY KEY
);
CREATE INDEX ON dup.digits (c1);
CREATE INDEX ON dup.digits (c10);
CREATE INDEX ON dup.digits (c11, c2);

-- expect: redundant-index dup.prefix_a
CREATE TABLE dup.prefix (id bigint PRIMARY KEY, a int, b int, c text);
CREATE INDEX prefix_a ON dup.prefix (a);
CREATE INDEX prefix_ab ON dup.prefix (a, b);
CREATE INDEX prefix_ca ON dup.prefix (c, a);

-- expect-not: redundant-index dup.prefix_unique
CREATE TABLE dup.prefix_unique (id bigint PRIMARY KEY, a int, b int);
CREATE UNIQUE INDEX ON dup.prefix_unique (a);
CREATE INDEX ON dup.prefix_unique (a, b);

-- expect-not: redundant-index dup.prefix_of_key
CREATE TABLE dup.prefix_of_key (id bigint PRIMARY KEY, a int);
CREATE INDEX ON dup.prefix_of_key (id, a);

-- The longer one has not all rows, or another order.
-- expect-not: redundant-index dup.prefix_other
CREATE TABLE dup.prefix_other (id bigint PRIMARY KEY, a int, b int, c text);
CREATE INDEX ON dup.prefix_other (a);
CREATE INDEX ON dup.prefix_other (a, b) WHERE b > 0;
CREATE INDEX ON dup.prefix_other (c);
CREATE INDEX ON dup.prefix_other (c text_pattern_ops, b);

-- expect-not: redundant-index dup.prefix_invalid
-- expect: invalid-index dup.prefix_invalid_ab
CREATE TABLE dup.prefix_invalid (id bigint PRIMARY KEY, a int, b int);
CREATE INDEX prefix_invalid_a ON dup.prefix_invalid (a);
CREATE INDEX prefix_invalid_ab ON dup.prefix_invalid (a, b);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'dup.prefix_invalid_ab'::regclass;

-- The table is clustered by it.
-- expect-not: redundant-index dup.clustered
CREATE TABLE dup.clustered (id bigint PRIMARY KEY, a int, b int);
CREATE INDEX clustered_a ON dup.clustered (a);
CREATE INDEX clustered_ab ON dup.clustered (a, b);
ALTER TABLE dup.clustered CLUSTER ON clustered_a;

-- A foreign key rests on the older index, and the other is the primary key.
-- expect-not: duplicate-index dup.referenced
CREATE TABLE dup.referenced (id bigint NOT NULL);
CREATE UNIQUE INDEX referenced_1 ON dup.referenced (id);
CREATE TABLE dup.refers (id bigint PRIMARY KEY REFERENCES dup.referenced (id));
ALTER TABLE dup.referenced ADD PRIMARY KEY (id);

-- Replication finds rows by the later one.
-- expect: duplicate-index dup.replica_1
CREATE TABLE dup.replica (id bigint PRIMARY KEY, a int NOT NULL);
CREATE UNIQUE INDEX replica_1 ON dup.replica (a);
CREATE UNIQUE INDEX replica_2 ON dup.replica (a);
ALTER TABLE dup.replica REPLICA IDENTITY USING INDEX replica_2;

-- The index of a partition cannot be dropped.
-- expect: duplicate-index dup.parted_a_2
-- expect-not: duplicate-index dup.parted_1
CREATE TABLE dup.parted (id bigint PRIMARY KEY, a int) PARTITION BY RANGE (id);
CREATE TABLE dup.parted_1 PARTITION OF dup.parted FOR VALUES FROM (0) TO (10);
CREATE INDEX parted_a_1 ON dup.parted (a);
CREATE INDEX parted_a_2 ON dup.parted (a);

-- Keys that come to the end of their type: 2,000,000,000 is 93 % of `integer`.

CREATE SCHEMA seq;

-- expect: sequence-exhaustion seq.serial.id
CREATE TABLE seq.serial (id serial PRIMARY KEY);
SELECT setval('seq.serial_id_seq', 2000000000);

-- expect: sequence-exhaustion seq.small.id
CREATE TABLE seq.small (id smallserial PRIMARY KEY);
SELECT setval('seq.small_id_seq', 31000);

-- expect: sequence-exhaustion seq.identity.id
CREATE TABLE seq.identity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SELECT setval('seq.identity_id_seq', 2000000000);

-- The sequence goes further than the column.
-- expect: sequence-exhaustion seq.wide_sequence.id
CREATE SEQUENCE seq.wide AS bigint;
CREATE TABLE seq.wide_sequence (id int DEFAULT nextval('seq.wide') PRIMARY KEY);
ALTER SEQUENCE seq.wide OWNED BY seq.wide_sequence.id;
SELECT setval('seq.wide', 2000000000);

-- expect: sequence-exhaustion seq.unowned.id
CREATE SEQUENCE seq.loose;
CREATE TABLE seq.unowned (id int DEFAULT nextval('seq.loose') PRIMARY KEY);
SELECT setval('seq.loose', 2000000000);

-- The column goes further than the sequence.
-- expect: sequence-exhaustion seq.narrow_sequence.id
CREATE SEQUENCE seq.narrow AS int;
CREATE TABLE seq.narrow_sequence (id bigint DEFAULT nextval('seq.narrow') PRIMARY KEY);
SELECT setval('seq.narrow', 2000000000);

-- expect: sequence-exhaustion seq."Quoted Name"."Id"
CREATE TABLE seq."Quoted Name" ("Id" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);
SELECT setval('seq."Quoted Name_Id_seq"', 2000000000);

-- expect-not: sequence-exhaustion seq.wide_key
CREATE TABLE seq.wide_key (id bigserial PRIMARY KEY);
SELECT setval('seq.wide_key_id_seq', 2000000000);

-- expect-not: sequence-exhaustion seq.young
CREATE TABLE seq.young (id serial PRIMARY KEY, never_used int GENERATED ALWAYS AS IDENTITY);
SELECT setval('seq.young_id_seq', 1000);

-- It begins again, and nothing says that its numbers differ.
-- expect-not: sequence-exhaustion seq.round
CREATE SEQUENCE seq.circle AS int MAXVALUE 100 CYCLE;
CREATE TABLE seq.round (id bigint PRIMARY KEY, turn int DEFAULT nextval('seq.circle'));
SELECT setval('seq.circle', 99);

-- Keys that the application assigns: statistics tell.
-- expect: key-near-limit seq.assigned.id
CREATE TABLE seq.assigned (id int PRIMARY KEY);
INSERT INTO seq.assigned SELECT 2000000000 + n FROM generate_series(1, 50) AS n;
ANALYZE seq.assigned;

-- expect-not: key-near-limit seq.assigned_wide
CREATE TABLE seq.assigned_wide (id bigint PRIMARY KEY);
INSERT INTO seq.assigned_wide SELECT 2000000000 + n FROM generate_series(1, 50) AS n;
ANALYZE seq.assigned_wide;

-- A point in time, and no key.
-- expect-not: key-near-limit seq.epoch
CREATE TABLE seq.epoch (id int PRIMARY KEY, at int);
INSERT INTO seq.epoch SELECT n, 2000000000 + n FROM generate_series(1, 50) AS n;
ANALYZE seq.epoch;

-- Constraints that are not held by every row.

CREATE SCHEMA con;
CREATE TABLE con.target (id bigint PRIMARY KEY);

-- expect: constraint-not-valid con.foreign_key.foreign_key_fk
CREATE TABLE con.foreign_key (id bigint PRIMARY KEY);
ALTER TABLE con.foreign_key
    ADD CONSTRAINT foreign_key_fk FOREIGN KEY (id) REFERENCES con.target NOT VALID;

-- expect: constraint-not-valid con.checked.checked_a
CREATE TABLE con.checked (id bigint PRIMARY KEY, a int);
ALTER TABLE con.checked ADD CONSTRAINT checked_a CHECK (a > 0) NOT VALID;

-- expect-not: constraint-not-valid con.validated
CREATE TABLE con.validated (id bigint PRIMARY KEY, a int CHECK (a < 9));
ALTER TABLE con.validated ADD CONSTRAINT validated_a CHECK (a > 0) NOT VALID;
ALTER TABLE con.validated VALIDATE CONSTRAINT validated_a;

-- A constraint of no table.
-- expect: constraint-not-valid con.positive.positive_check
CREATE DOMAIN con.positive AS int;
ALTER DOMAIN con.positive ADD CONSTRAINT positive_check CHECK (VALUE > 0) NOT VALID;

-- expect: constraint-not-valid con.parted.parted_a
-- expect-not: constraint-not-valid con.parted_1
CREATE TABLE con.parted (id bigint PRIMARY KEY, a int) PARTITION BY RANGE (id);
CREATE TABLE con.parted_1 PARTITION OF con.parted FOR VALUES FROM (0) TO (10);
ALTER TABLE con.parted ADD CONSTRAINT parted_a CHECK (a > 0) NOT VALID;

-- Triggers that do not fire, those of foreign keys among them.

CREATE SCHEMA trg;
CREATE TABLE trg.target (id bigint PRIMARY KEY);
CREATE FUNCTION trg.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;

-- expect: trigger-disabled trg.referring.referring_fk
-- expect-not: trigger-disabled trg.target
CREATE TABLE trg.referring (id bigint PRIMARY KEY CONSTRAINT referring_fk REFERENCES trg.target);
ALTER TABLE trg.referring DISABLE TRIGGER ALL;

-- The triggers of the referenced table enforce the key of the other one.
-- expect: trigger-disabled trg.refers.refers_fk
-- expect-not: trigger-disabled trg.referred
CREATE TABLE trg.referred (id bigint PRIMARY KEY);
CREATE TABLE trg.refers (id bigint PRIMARY KEY CONSTRAINT refers_fk REFERENCES trg.referred);
ALTER TABLE trg.referred DISABLE TRIGGER ALL;

-- expect: trigger-disabled trg.own.own_off
-- expect: trigger-disabled trg.own.own_replica
-- expect-not: trigger-disabled trg.own.own_on
-- expect-not: trigger-disabled trg.own.own_always
CREATE TABLE trg.own (id bigint PRIMARY KEY);
CREATE TRIGGER own_off BEFORE INSERT ON trg.own FOR EACH ROW EXECUTE FUNCTION trg.touch();
CREATE TRIGGER own_replica BEFORE INSERT ON trg.own FOR EACH ROW EXECUTE FUNCTION trg.touch();
CREATE TRIGGER own_on BEFORE INSERT ON trg.own FOR EACH ROW EXECUTE FUNCTION trg.touch();
CREATE TRIGGER own_always BEFORE INSERT ON trg.own FOR EACH ROW EXECUTE FUNCTION trg.touch();
ALTER TABLE trg.own DISABLE TRIGGER own_off;
ALTER TABLE trg.own ENABLE REPLICA TRIGGER own_replica;
ALTER TABLE trg.own ENABLE ALWAYS TRIGGER own_always;

-- Partitions.

CREATE SCHEMA part;

-- expect: default-partition part.filled_default
CREATE TABLE part.filled (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE part.filled_1 PARTITION OF part.filled FOR VALUES FROM (0) TO (10);
CREATE TABLE part.filled_default PARTITION OF part.filled DEFAULT;
INSERT INTO part.filled SELECT n FROM generate_series(1, 50) AS n;
ANALYZE part.filled;

-- Empty, it still forbids to detach a partition concurrently.
-- expect: default-partition part.bare_default
CREATE TABLE part.bare (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE part.bare_1 PARTITION OF part.bare FOR VALUES FROM (0) TO (10);
CREATE TABLE part.bare_default PARTITION OF part.bare DEFAULT;

-- For lists it is often meant.
-- expect-not: default-partition part.empty_default
CREATE TABLE part.empty (id bigint PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE part.empty_1 PARTITION OF part.empty FOR VALUES IN (1);
CREATE TABLE part.empty_default PARTITION OF part.empty DEFAULT;

-- expect-not: default-partition part.plain_1
CREATE TABLE part.plain (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE part.plain_1 PARTITION OF part.plain FOR VALUES FROM (MINVALUE) TO (MAXVALUE);

-- The index of the root is invalid as long as a partition has none.
-- expect: partitioned-index-incomplete part.incomplete_a
-- expect-not: invalid-index part.incomplete_a
CREATE TABLE part.incomplete (id bigint PRIMARY KEY, a int) PARTITION BY RANGE (id);
CREATE TABLE part.incomplete_1 PARTITION OF part.incomplete FOR VALUES FROM (0) TO (10);
CREATE INDEX incomplete_a ON ONLY part.incomplete (a);

-- Primary keys.

CREATE SCHEMA pk;

-- expect: table-without-primary-key pk.keyless
CREATE TABLE pk.keyless (a int);

-- expect: table-without-primary-key pk."No Key"
CREATE TABLE pk."No Key" (a int);

-- expect: table-without-primary-key pk.parted
-- expect-not: table-without-primary-key pk.parted_1
-- expect-not: table-without-primary-key pk.parted_2
CREATE TABLE pk.parted (a int) PARTITION BY RANGE (a);
CREATE TABLE pk.parted_1 PARTITION OF pk.parted FOR VALUES FROM (0) TO (10);
CREATE TABLE pk.parted_2 PARTITION OF pk.parted FOR VALUES FROM (10) TO (20);

-- A child does not inherit the key of its parent.
-- expect: table-without-primary-key pk.heir
-- expect-not: table-without-primary-key pk.ancestor
CREATE TABLE pk.ancestor (id bigint PRIMARY KEY);
CREATE TABLE pk.heir () INHERITS (pk.ancestor);

-- expect-not: table-without-primary-key pk.seen
-- expect-not: table-without-primary-key pk.seen_once
CREATE VIEW pk.seen AS SELECT id FROM pk.ancestor;
CREATE MATERIALIZED VIEW pk.seen_once AS SELECT id FROM pk.ancestor;

-- Foreign keys between columns of different types.

CREATE SCHEMA mix;
CREATE TABLE mix.wide (id bigint PRIMARY KEY);
CREATE TABLE mix.narrow (id int PRIMARY KEY);
CREATE TABLE mix.words (word text PRIMARY KEY);
CREATE TABLE mix.two (a bigint, b int, PRIMARY KEY (a, b));

-- expect: foreign-key-narrower mix.narrower.narrower_fk
CREATE TABLE mix.narrower (id int PRIMARY KEY CONSTRAINT narrower_fk REFERENCES mix.wide);

-- expect: foreign-key-type-mismatch mix.wider.wider_fk
CREATE TABLE mix.wider (id bigint PRIMARY KEY CONSTRAINT wider_fk REFERENCES mix.narrow);

-- expect: foreign-key-type-mismatch mix.named.named_fk
CREATE TABLE mix.named (word varchar(20) PRIMARY KEY CONSTRAINT named_fk REFERENCES mix.words);

-- The order of the columns in the key is not that of the table.
-- expect: foreign-key-type-mismatch mix.crossed.crossed_fk
-- expect: foreign-key-narrower mix.crossed.crossed_fk
CREATE TABLE mix.crossed (
    a bigint, b int, PRIMARY KEY (a, b), CONSTRAINT crossed_fk FOREIGN KEY (b, a) REFERENCES mix.two (a, b)
);

-- expect-not: foreign-key-type-mismatch mix.turned
CREATE TABLE mix.turned (
    a int, b bigint, PRIMARY KEY (a, b), FOREIGN KEY (b, a) REFERENCES mix.two (a, b)
);

-- A table whose own pages are full, and whose TOAST data is mostly gone: the pages of that are faked.

CREATE SCHEMA toast;
-- expect: table-bloat toast.hollow
CREATE TABLE toast.hollow (id bigint PRIMARY KEY, body text) WITH (autovacuum_enabled = false);
ALTER TABLE toast.hollow ALTER COLUMN body SET STORAGE EXTERNAL;
INSERT INTO toast.hollow SELECT n, repeat('x', 8000) FROM generate_series(1, 100) AS n;
ANALYZE toast.hollow;
UPDATE pg_class SET relpages = 40000, reltuples = 20000
WHERE oid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'toast.hollow'::regclass);

-- As large, and full.
-- expect-not: table-bloat toast.whole
CREATE TABLE toast.whole (id bigint PRIMARY KEY, body text) WITH (autovacuum_enabled = false);
ALTER TABLE toast.whole ALTER COLUMN body SET STORAGE EXTERNAL;
INSERT INTO toast.whole SELECT n, repeat('x', 8000) FROM generate_series(1, 100) AS n;
ANALYZE toast.whole;
UPDATE pg_class SET relpages = 40000, reltuples = 160000
WHERE oid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'toast.whole'::regclass);
