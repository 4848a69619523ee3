//! What is in the way of a conversion is said before anything is done, and by its name.

use pgrefit_lifecycle::{Error, PartitionSet, convert, judge};

use crate::place::{Place, facts, set};

/// One table after another in a database: how it is made, what is wanted of it, and what is in the way.
const CASES: &[(&str, &str, &[&str])] = &[
    ("CREATE TABLE t (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at))", MONTH, &[]),
    ("CREATE TABLE t (id int, at timestamptz)", MONTH, &[]),
    ("CREATE TABLE t (id int PRIMARY KEY, at timestamptz)", MONTH, &["unique:t_pkey"]),
    ("CREATE TABLE t (id int PRIMARY KEY, at timestamptz)", "interval = 'month'\naccept = ['unique:t_pkey']", &[]),
    ("CREATE TABLE t (id int, at timestamptz); CREATE UNIQUE INDEX u ON t (lower(id::text)) WHERE id > 5", MONTH, &["unique:u"]),
    ("CREATE TABLE t (id int)", MONTH, &["no-column:at"]),
    ("CREATE TABLE t (at text)", MONTH, &["key-type:at"]),
    ("CREATE TABLE t (at int)", MONTH, &["key-type:at"]),
    ("CREATE TABLE t (at date)", "width = 5", &["key-type:at"]),
    ("CREATE TABLE t (at date, b date GENERATED ALWAYS AS (at) STORED)", "interval = 'day'", &[]),
    ("CREATE TABLE t (b date, at date GENERATED ALWAYS AS (b) STORED)", "interval = 'day'", &["generated-key:at"]),
    ("CREATE TABLE t (at timestamptz) PARTITION BY RANGE (at)", MONTH, &["partitioned"]),
    ("CREATE TABLE p (at timestamptz) PARTITION BY RANGE (at); CREATE TABLE t PARTITION OF p DEFAULT", MONTH, &["partition"]),
    ("CREATE TABLE p (at timestamptz); CREATE TABLE t () INHERITS (p)", MONTH, &["inherits"]),
    ("CREATE TABLE t (at timestamptz); CREATE TABLE c () INHERITS (t)", MONTH, &["inherited"]),
    ("CREATE UNLOGGED TABLE t (at timestamptz)", MONTH, &["unlogged"]),
    ("CREATE TYPE y AS (at timestamptz); CREATE TABLE t OF y", MONTH, &["typed"]),
    ("CREATE TABLE t (at timestamptz, r int4range, EXCLUDE USING gist (r WITH &&))", MONTH, &["exclusion:t_r_excl"]),
    ("CREATE TABLE t (at timestamptz, n int); ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) NOT VALID", MONTH, &["not-valid:c"]),
    ("CREATE TABLE t (at timestamptz, n int, CONSTRAINT c CHECK (n > 0) NO INHERIT)", MONTH, &["no-inherit:c"]),
    ("CREATE TABLE t (at timestamptz); CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", MONTH, &["rule:r"]),
    ("CREATE TABLE t (at timestamptz, id int NOT NULL UNIQUE); ALTER TABLE t REPLICA IDENTITY USING INDEX t_id_key",
        "interval = 'day'\naccept = ['unique:t_id_key']", &["replica-identity"]),
    ("CREATE TABLE t (at timestamptz, id int PRIMARY KEY); CREATE TABLE o (id int CONSTRAINT o_fk REFERENCES t)",
        "interval = 'day'\naccept = ['unique:t_pkey']", &["inbound-fk:s.o.o_fk"]),
    ("CREATE TABLE t (at timestamptz, id int PRIMARY KEY, up int CONSTRAINT t_fk REFERENCES t)",
        "interval = 'day'\naccept = ['unique:t_pkey', 'inbound-fk:s.t.t_fk']", &[]),
    ("CREATE TABLE t (at timestamptz, id int, PRIMARY KEY (id, at)); CREATE TABLE o (id int, at timestamptz, CONSTRAINT o_fk FOREIGN KEY (id, at) REFERENCES t)",
        MONTH, &[]),
    ("CREATE TABLE t (at timestamptz, id int, PRIMARY KEY (id, at)); CREATE TABLE o (id int, at timestamptz, CONSTRAINT o_fk FOREIGN KEY (id, at) REFERENCES t)",
        "interval = 'month'\nmove = true", &["inbound-fk:s.o.o_fk"]),
    ("CREATE TABLE t (at timestamptz)", "interval = 'month'\nmove = true", &["no-key"]),
    ("CREATE TABLE t (at timestamptz, id int, UNIQUE (id, at) DEFERRABLE)", "interval = 'month'\nmove = true", &["deferrable:t_id_at_key", "no-key"]),
    ("CREATE TABLE t (at timestamptz); CREATE MATERIALIZED VIEW m AS SELECT * FROM t", MONTH, &["materialized-view:s.m"]),
    ("CREATE TABLE t (at timestamptz, id int PRIMARY KEY); CREATE VIEW v AS SELECT id, at FROM t GROUP BY id",
        "interval = 'day'\naccept = ['unique:t_pkey']", &["view:s.v"]),
    ("CREATE TABLE t (at timestamptz); CREATE VIEW v AS SELECT * FROM t", MONTH, &[]),
    ("CREATE TABLE t (at timestamptz); CREATE TABLE o (r t)", MONTH, &["bound:column r of table s.o"]),
    ("CREATE TABLE t (at timestamptz); CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'", MONTH, &["bound:s.f(s.t)"]),
    ("CREATE TABLE t (at timestamptz); CREATE TABLE o (n int); CREATE POLICY p ON o USING (n = (SELECT count(*) FROM s.t))",
        MONTH, &["bound:policy p on table s.o"]),
    ("CREATE TABLE t (at timestamptz); CREATE POLICY p ON t USING (at < (SELECT max(at) FROM s.t))", MONTH, &[]),
    ("CREATE TABLE t (at timestamptz); CREATE PUBLICATION p FOR TABLE t", MONTH, &["publication:p"]),
    ("CREATE TABLE t (at timestamptz, id int, PRIMARY KEY (id, at)); CREATE PUBLICATION p FOR ALL TABLES",
        "interval = 'month'\nmove = true\naccept = ['publication:p']", &["published:p"]),
    ("CREATE TABLE t (at timestamptz); INSERT INTO t VALUES ('infinity')", MONTH, &["infinity:at"]),
    ("CREATE TABLE t (at timestamptz); INSERT INTO t VALUES ('-infinity')", MONTH, &[]),
    ("CREATE TABLE t (at timestamptz, id int, PRIMARY KEY (id, at)); INSERT INTO t VALUES ('-infinity', 1)",
        "interval = 'month'\nmove = true", &["infinity:at", "parts:at"]),
    ("CREATE TABLE t (at timestamptz); INSERT INTO t VALUES (now() + interval '3 years')", MONTH, &["future:at"]),
    ("CREATE TABLE t (at timestamptz, id int, PRIMARY KEY (id, at)); INSERT INTO t VALUES ('1900-01-01', 1)",
        "interval = 'month'\nmove = true", &["parts:at"]),
    ("CREATE TABLE t (at smallint); INSERT INTO t VALUES (32767)", "width = 9223372036854775807", &["bounds:at"]),
    ("CREATE TABLE t (at bigint); INSERT INTO t VALUES (-5), (1000)", "width = 100", &[]),
    ("CREATE TABLE t (at timestamptz); CREATE TABLE t_x (a int)", "interval = 'month'\nname = 't_x{from}'", &[]),
    ("CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.at := now(); RETURN NEW; END';
      CREATE TABLE t (at timestamptz); CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()", MONTH, &["trigger:g"]),
    ("CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TABLE t (at timestamptz);
      CREATE TRIGGER g AFTER INSERT ON t REFERENCING NEW TABLE AS n FOR EACH ROW EXECUTE FUNCTION g()", MONTH, &["transition:g"]),
    ("CREATE TABLE t (at timestamptz); CREATE INDEX i ON t (at); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass",
        MONTH, &["invalid-index:i"]),
    ("CREATE TABLE t (at timestamptz); CREATE TABLE t_pfuture (a int)",
        "list = [{ name = 'a', values = ['x'] }]", &["method:list"]),
];

const MONTH: &str = "interval = 'month'";

fn wanted(more: &str) -> PartitionSet {
    set(&format!("table = 's.t'\nkey = 'at'\n{more}"))
}

#[tokio::test]
async fn each_obstacle_has_its_name() {
    for place in Place::all() {
        let connector = place.database("judged", "").await;
        let mut session = connector.migrator().await.expect("a session");
        for (setup, more, expected) in CASES {
            let fresh = "DROP SCHEMA IF EXISTS s CASCADE; DROP PUBLICATION IF EXISTS p; CREATE SCHEMA s; SET search_path = s";
            session.batch(fresh).await.expect("fresh");
            session.batch(setup).await.unwrap_or_else(|error| panic!("{setup}: {error:?}"));
            let set = wanted(more);
            let facts = facts(&connector, &set).await;
            let judgement = judge(&facts, &set);
            let found: Vec<&str> = judgement.refusals.iter().map(|finding| finding.name.as_str()).collect();
            assert_eq!(found, *expected, "{}: {setup}: {:#?}", place.major, judgement.refusals);
            assert!(judgement.unused.is_empty(), "{setup}: {:?}", judgement.unused);
            for finding in &judgement.refusals {
                assert!(
                    !finding.what.is_empty() && !finding.todo.is_empty() && !finding.place.is_empty(),
                    "{finding:?}"
                );
            }
            match convert(&facts, &set, 7) {
                Ok(drafts) => {
                    assert!(expected.is_empty() && drafts[0].file_name().starts_with("V7__t_"), "{setup}");
                }
                Err(Error::Refused { .. }) => assert!(!expected.is_empty(), "{setup}"),
                Err(error) => panic!("{setup}: {error:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_role_that_may_not_is_told() {
    let place = Place::all().swap_remove(0);
    let setup = "CREATE ROLE life_nobody LOGIN PASSWORD 'x'; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO life_nobody;
                 CREATE TABLE s.t (at timestamptz); GRANT SELECT ON s.t TO life_nobody; CREATE VIEW s.v AS SELECT * FROM s.t";
    place.database("rights", setup).await;
    let set = wanted(MONTH);
    let judgement = judge(&facts(&place.connector_as("life_nobody", "rights"), &set).await, &set);
    let found: Vec<&str> = judgement.refusals.iter().map(|finding| finding.name.as_str()).collect();
    assert_eq!(found, ["not-owner:s.v", "not-owner", "no-create"]);
}

#[tokio::test]
async fn a_name_that_is_taken_is_told() {
    let place = Place::all().swap_remove(0);
    let connector = place.database("names", "CREATE SCHEMA s; CREATE TABLE s.t (at int)").await;
    let set = wanted("width = 10");
    let mut session = connector.migrator().await.expect("a session");
    session.batch("CREATE SEQUENCE s.t_p30; CREATE VIEW s.t_until_20 AS SELECT 1").await.expect("made");
    let judgement = judge(&facts(&connector, &set).await, &set);
    let found: Vec<&str> = judgement.refusals.iter().map(|finding| finding.name.as_str()).collect();
    assert_eq!(found, ["name:t_p30", "name:t_until_20"]);
}
