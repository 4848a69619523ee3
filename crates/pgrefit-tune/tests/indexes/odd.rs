//! Odd names, other schemas, partitions, documents and words; and statements that cannot be understood.

use std::time::Duration;

use pgrefit_tune::indexes::{Error, Found, Options, Statement, migrations, settle};

use super::place::{Place, rows, standing};

const SETUP: &str = r#"
CREATE SCHEMA "Odd Schema";
CREATE TABLE "Odd Schema"."T ""1""" (id int PRIMARY KEY, "Größe (cm)" int, "select" text, tags text[], data jsonb, "at" timestamptz);
INSERT INTO "Odd Schema"."T ""1"""
SELECT n, n % 5000, 'word' || n % 3000, ARRAY['t' || n % 4000], jsonb_build_object('k', n % 4000), timestamptz '2024-01-01' + n * interval '1 minute'
FROM generate_series(1, 20000) AS n;
CREATE TABLE "Odd Schema".events (id bigint GENERATED ALWAYS AS IDENTITY, day date NOT NULL, who int, filler text,
                                  doubled int GENERATED ALWAYS AS (who * 2) STORED, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE "Odd Schema"."events 1" PARTITION OF "Odd Schema".events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE "Odd Schema"."events 2" PARTITION OF "Odd Schema".events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
INSERT INTO "Odd Schema".events (day, who, filler)
SELECT date '2024-01-01' + n % 60, n % 7000, repeat('x', 100) FROM generate_series(1, 30000) AS n;
CREATE TABLE parent (id int PRIMARY KEY);
INSERT INTO parent SELECT generate_series(1, 5000);
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent, filler text);
INSERT INTO child SELECT n, n % 5000 + 1, repeat('x', 50) FROM generate_series(1, 20000) AS n;
CREATE VIEW "Odd Schema".few AS SELECT id, "select" FROM "Odd Schema"."T ""1""" WHERE "Größe (cm)" > 10;
"#;

fn given(name: &str, sql: &str, args: &[&str]) -> Statement {
    let list: Vec<Option<String>> = args.iter().map(|value| Some((*value).to_owned())).collect();
    let args = if list.is_empty() { Vec::new() } else { vec![list] };
    Statement::given(name, sql).with_args(args)
}

fn statements() -> Vec<Statement> {
    let table = r#""Odd Schema"."T ""1""""#;
    vec![
        given(
            "odd column",
            &format!(r#"SELECT * FROM {table} AS "x y" WHERE "x y"."Größe (cm)" = $1"#),
            &["77"],
        ),
        given(
            "keyword",
            &format!(r#"SELECT id FROM {table} WHERE "select" = $1 ORDER BY at DESC LIMIT 5"#),
            &["word9"],
        ),
        given("array", &format!("SELECT id FROM {table} WHERE tags @> $1"), &["{t17}"]),
        given("document", &format!("SELECT id FROM {table} WHERE data @> $1"), &["{\"k\": 17}"]),
        given("expression", &format!("SELECT id FROM {table} WHERE lower(\"select\") = $1"), &["word77"]),
        given("view", r#"SELECT * FROM "Odd Schema".few WHERE "select" = $1"#, &["word7"]),
        given("partitioned", r#"SELECT * FROM "Odd Schema".events WHERE who = $1"#, &["123"]),
        given("deleted", r#"DELETE FROM "Odd Schema".events WHERE who = $1"#, &["124"]),
        given(
            "no values",
            r"SELECT filler FROM child AS c JOIN parent AS p ON p.id = c.parent_id WHERE p.id = $1",
            &[],
        ),
        given("broken", "SELEC nothing", &[]),
        given("two", "SELECT 1; DROP TABLE child", &[]),
        given("command", "VACUUM child", &[]),
        given("absent", "SELECT * FROM nowhere", &[]),
        given("miscounted", "SELECT * FROM child WHERE id = $1", &["1", "2"]),
        given("fails", "SELECT 1 / (id - id) FROM child WHERE filler = 'x' || repeat('x', 49)", &[]),
    ]
}

fn reason<'a>(found: &'a Found, name: &str) -> &'a str {
    &found.unread.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name}: {found:#?}")).reason
}

#[tokio::test]
async fn odd_names_partitions_and_statements_that_fail() {
    for place in Place::all() {
        let mut session = place.database("odd", SETUP).await;
        let before = standing(&mut session).await;
        let options = Options { rounds: 2, pages_min: 8, ..Options::default() };
        let mut found = place.find("odd", &statements(), &options).await;
        assert_eq!(standing(&mut session).await, before, "the copy is as it was");

        let definitions: Vec<String> =
            found.kept.iter().map(|kept| format!("{} {}", kept.table, kept.definition)).collect();
        let table = r#""Odd Schema"."T ""1""""#;
        for expected in [
            format!(r#"{table} ("Größe (cm)")"#),
            format!("{table} USING gin (tags)"),
            format!("{table} USING gin (data jsonb_path_ops)"),
            format!("{table} ((lower(\"select\")))"),
            r#""Odd Schema".events (who)"#.to_owned(),
            "public.child (parent_id)".to_owned(),
        ] {
            // A busy machine may show that to carry a column along pays as well.
            assert!(
                definitions.iter().any(|definition| definition.starts_with(&expected)),
                "{expected} is not among {definitions:#?}\n{:#?}",
                found.rejected
            );
        }
        for (name, expected) in [
            ("broken", "syntax error"),
            ("two", "cannot insert multiple commands"),
            ("command", "syntax error"),
            ("absent", "does not exist"),
            ("miscounted", "has 1 parameters, and 2 values were given"),
            ("fails", "division by zero"),
        ] {
            assert!(reason(&found, name).contains(expected), "{name}: {}", reason(&found, name));
        }
        let of_child = found.statements.iter().find(|one| one.name == "no values").expect("measured");
        assert!(of_child.blocks_after * 2 < of_child.blocks_before, "{of_child:?}");
        for kept in &found.kept {
            let cost = kept.write.unwrap_or_else(|| panic!("{kept:?}: {:?}", found.notes));
            assert!(cost.before_us > 0.0 && cost.wal_after_bytes > 0.0, "{kept:?}");
        }
        it_moved_on(&place, &mut session, &mut found).await;
        the_files_run(&mut session, &found).await;
        session.batch("DROP TABLE \"Odd Schema\".events").await.expect("dropped");
        let gone = settle(&place.connector("odd"), &mut found).await;
        assert!(matches!(&gone, Err(Error::Changed { table }) if table.contains("events")), "{gone:?}");
    }
}

/// The live database has moved on since its copy was made: a partition less, one more, and the name of a part is taken.
async fn it_moved_on(place: &Place, session: &mut pgrefit_pg::Migrator, found: &mut Found) {
    let at = found.kept.iter().position(|kept| kept.table.name == "events").expect("kept");
    let name = found.kept[at].name.clone();
    let setup = format!(
        "DROP TABLE \"Odd Schema\".\"events 2\"; CREATE INDEX {name}_p1 ON child (filler); \
         CREATE TABLE \"Odd Schema\".\"events 3\" PARTITION OF \"Odd Schema\".events \
         FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')"
    );
    session.batch(&setup).await.expect("moved on");
    settle(&place.connector("odd"), found).await.expect("settled");
    let parts: Vec<(&str, &str)> =
        found.kept[at].partitions.iter().map(|it| (it.table.name.as_str(), it.index.as_str())).collect();
    let (first, second) = (format!("{name}_p1_2"), format!("{name}_p2"));
    assert_eq!(parts, [("events 1", first.as_str()), ("events 3", second.as_str())]);
    let note = "has 1 partition that the copy lacks, and lacks 1 of the copy";
    assert!(found.notes.iter().any(|it| it.contains(note)), "{:?}", found.notes);
}

/// Every file runs as a migration does, and all indexes are valid at the end.
async fn the_files_run(session: &mut pgrefit_pg::Migrator, found: &Found) {
    for file in migrations(found, 7) {
        session.batch(&file.text).await.unwrap_or_else(|error| panic!("{error:?}\n{}", file.text));
    }
    let names: Vec<String> = found.kept.iter().map(|kept| format!("'{}'", kept.name)).collect();
    let sql = format!(
        "SELECT count(*) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indisvalid AND c.relname IN ({})",
        names.join(", ")
    );
    assert_eq!(rows(session, &sql).await[0][0], found.kept.len().to_string());
}

#[tokio::test]
async fn a_foreign_key_is_found_by_its_check_alone() {
    let place = Place::new();
    drop(place.database("keys", SETUP).await);
    let options = Options { rounds: 1, pages_min: 8, ..Options::default() };
    // One that has nothing to do with it, and a weight by which the check saves a large part of the whole.
    let other = given("other", "SELECT count(*) FROM parent WHERE id = $1", &["5"])
        .with_budget(Duration::from_secs(1));
    let found = place.find("keys", &[other], &Options { saving_min: 0.01, ..options }).await;
    let check = found.statements.iter().find(|one| one.name.starts_with("foreign key")).expect("measured");
    assert_eq!(check.name, "foreign key child_parent_id_fkey of public.child");
    let definitions: Vec<&str> = found.kept.iter().map(|kept| kept.definition.as_str()).collect();
    assert_eq!(definitions, ["(parent_id)"], "{found:#?}");
}
