//! `--drift`: the schema held against what the migrations make; the SQL that is offered takes each difference back.

use pgrefit_sql::Script;
use serde_json::Value;

use super::{Audited, call};
use crate::harness::{Database, Folder, pgrefit, versions};

const FILES: &[(&str, &str)] = &[
    (
        "V1__tables.sql",
        "CREATE SEQUENCE numbers;
CREATE TABLE authors (id bigint PRIMARY KEY, name text NOT NULL, born date);
CREATE TABLE \"Odd Books\" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author bigint NOT NULL CONSTRAINT written_by REFERENCES authors,
    title varchar(200) DEFAULT 'none' NOT NULL,
    pages int CONSTRAINT some_pages CHECK (pages > 0),
    state text DEFAULT 'draft',
    CONSTRAINT \"one, title\" UNIQUE (author, title)
);
CREATE INDEX books_pages ON \"Odd Books\" (pages) WHERE pages > 100;
CREATE VIEW long_books AS SELECT id, title FROM \"Odd Books\" WHERE pages > 500;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS books FROM \"Odd Books\";
CREATE DOMAIN page_count AS int CONSTRAINT positive CHECK (VALUE > 0);
CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42';
CREATE TABLE sales (id bigint, at date, price numeric(10,2)) PARTITION BY RANGE (at);
CREATE TABLE sales_1 PARTITION OF sales FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX sales_price ON sales (price);
ALTER TABLE authors ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER touched BEFORE UPDATE ON \"Odd Books\" FOR EACH ROW EXECUTE FUNCTION touch();
",
    ),
    (
        "V2__notes.sql",
        "CREATE TABLE notes (id bigint PRIMARY KEY, note text);\nCREATE INDEX notes_note ON notes (note);\n",
    ),
];

const ONLY: &[&str] = &["--only", "history", "--drift"];

fn migrated(major: u32) -> (Database, Folder) {
    let (database, folder) = (Database::on(major), Folder::new(FILES));
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    (database, folder)
}

/// The drift that is found: objects, and what takes it back.
fn drift(database: &Database, folder: &Folder, arguments: &[&str]) -> Vec<(String, String)> {
    let audited = Audited::of(call(folder, arguments).on(database));
    let findings = audited.report["findings"].as_array().unwrap().iter();
    let found: Vec<&Value> = findings.filter(|it| it["check"] == "schema-drift").collect();
    assert_eq!(audited.status("schema-drift"), if found.is_empty() { "pass" } else { "warn" });
    found.iter().map(|it| (super::text(&it["object"]), super::text(&it["remediation"]["sql"]))).collect()
}

/// Runs SQL as a person would, one statement after the other; what only a person may run, too.
fn run(database: &Database, sql: &str) {
    let is_sql = |line: &&str| ["ALTER ", "CREATE ", "DROP "].iter().any(|word| line.starts_with(word));
    let sql: Vec<&str> =
        sql.lines().map(|line| line.strip_prefix("-- ").filter(is_sql).unwrap_or(line)).collect();
    let sql = sql.join("\n");
    for statement in Script::parse(&sql).statements() {
        database.sql(&sql[statement.range.clone()]);
    }
}

#[test]
fn what_the_migrations_make_is_no_drift() {
    for major in versions() {
        let (database, folder) = migrated(major);
        assert_eq!(drift(&database, &folder, ONLY), []);
        // What has been applied is what is expected, not what is in the folder.
        folder.write("V3__more.sql", "CREATE TABLE more (id bigint PRIMARY KEY);\n");
        assert_eq!(drift(&database, &folder, ONLY), []);
    }
}

#[test]
fn each_change_by_hand_is_found_and_can_be_taken_back() {
    for major in versions() {
        let (database, folder) = migrated(major);
        let check = |change: &str, objects: &[&str]| {
            run(&database, change);
            let found = drift(&database, &folder, ONLY);
            let names: Vec<&str> = found.iter().map(|(object, _)| object.as_str()).collect();
            let all = names.len() == objects.len()
                && objects.iter().all(|object| names.iter().any(|name| name.contains(object)));
            assert!(all, "{major}: {change}: {found:#?}");
            let of_parents = |object: &str| object.contains("sales_1");
            for (object, sql) in &found {
                assert!(
                    !sql.is_empty() || of_parents(object),
                    "{major}: nothing takes back {object} after {change}"
                );
                run(&database, sql);
            }
            assert_eq!(drift(&database, &folder, ONLY), [], "{major}: after {change} and {found:#?}");
        };
        check("CREATE INDEX by_hand ON authors (name)", &["by_hand"]);
        check("DROP INDEX books_pages", &["books_pages"]);
        check(
            "DROP INDEX books_pages; CREATE INDEX books_pages ON \"Odd Books\" (pages) WHERE pages > 10",
            &["books_pages"],
        );
        check("ALTER TABLE \"Odd Books\" DROP CONSTRAINT written_by", &["written_by"]);
        check("ALTER TABLE \"Odd Books\" DROP CONSTRAINT some_pages", &["some_pages"]);
        check("ALTER TABLE \"Odd Books\" DROP CONSTRAINT \"one, title\"", &["one, title"]);
        check("ALTER TABLE authors ADD CONSTRAINT hasty CHECK (id > 0)", &["hasty"]);
        check("ALTER TABLE \"Odd Books\" ALTER state SET DEFAULT 'done'", &["state"]);
        check("ALTER TABLE \"Odd Books\" ALTER state DROP DEFAULT", &["state"]);
        check("ALTER TABLE authors ALTER born SET DEFAULT now()", &["born"]);
        check("ALTER TABLE authors ALTER name DROP NOT NULL", &["name"]);
        check("ALTER TABLE authors ALTER born SET NOT NULL", &["born"]);
        check("ALTER TABLE authors ALTER name TYPE varchar(40)", &["name"]);
        check("ALTER TABLE authors ADD COLUMN died date", &["died"]);
        check(
            "CREATE OR REPLACE VIEW long_books AS SELECT id, title FROM \"Odd Books\" WHERE pages > 50",
            &["long_books"],
        );
        check("DROP VIEW long_books", &["long_books"]);
        check(
            "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
            &["touch()"],
        );
        check(
            "DROP MATERIALIZED VIEW counted; CREATE MATERIALIZED VIEW counted AS SELECT count(*) + 1 AS books FROM \"Odd Books\"",
            &["counted"],
        );
        check("CREATE MATERIALIZED VIEW by_hand AS SELECT 1 AS one", &["by_hand"]);
        check("ALTER DOMAIN page_count DROP CONSTRAINT positive", &["positive"]);
        check("ALTER DOMAIN page_count ADD CONSTRAINT more CHECK (VALUE < 1000)", &["more"]);
        check("ALTER DOMAIN page_count SET NOT NULL", &["page_count"]);
        check(
            "DROP FUNCTION answer(); CREATE FUNCTION answer() RETURNS text LANGUAGE sql AS 'SELECT 42'",
            &["answer()"],
        );
        check("ALTER SEQUENCE numbers INCREMENT BY 5 CACHE 10", &["numbers", "numbers"]);
        check("ALTER TABLE authors FORCE ROW LEVEL SECURITY", &["authors"]);
        check("ALTER TABLE authors DISABLE ROW LEVEL SECURITY", &["authors"]);
        check("ALTER TABLE notes SET UNLOGGED", &["notes"]);
        check("DROP TRIGGER touched ON \"Odd Books\"; DROP FUNCTION touch()", &["touched", "touch()"]);
        check("DROP TRIGGER touched ON \"Odd Books\"", &["touched"]);
        check("DROP INDEX sales_price", &["sales_price", "sales_1"]);
        check("CREATE INDEX by_hand ON sales (id)", &["by_hand", "sales_1"]);
        check("ALTER TABLE sales ADD CONSTRAINT by_hand CHECK (id > 0)", &["sales", "sales_1"]);
        check("ALTER TABLE sales ALTER price TYPE numeric(12,2)", &["sales.price", "sales_1"]);
        check("DROP TABLE notes", &["notes"]);
        check("DROP SEQUENCE numbers", &["numbers"]);
        check("CREATE TABLE by_hand (id bigint PRIMARY KEY)", &["by_hand"]);
        check("CREATE FUNCTION by_hand(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", &["by_hand"]);
    }
}

/// What may be a rename is not made anew beside its rows.
#[test]
fn a_rename_is_told_as_one() {
    let (database, folder) = migrated(18);
    database.sql("ALTER TABLE notes RENAME TO remarks; ALTER TABLE authors RENAME born TO birthday");
    let found = drift(&database, &folder, ONLY);
    let of = |object: &str| {
        let found = found.iter().find(|(it, _)| it == object);
        found.map_or_else(|| panic!("no {object}"), |(_, sql)| sql.clone())
    };
    let (table, column) = (of("table public.notes"), of("column public.authors.born"));
    for sql in [&table, &column] {
        assert!(sql.lines().all(|line| line.starts_with("-- ")), "{sql}");
    }
    assert!(table.contains("-- ALTER TABLE public.remarks RENAME TO notes;"), "{table}");
    assert!(column.contains("-- ALTER TABLE public.authors RENAME COLUMN birthday TO born;"), "{column}");
}

/// What keeps the schemas from being compared does not keep the rest from being told.
#[test]
fn files_that_do_not_fit_make_drift_blind() {
    let (database, folder) = migrated(18);
    folder.write("V2__notes.sql", "CREATE TABLE notes (id int);\n");
    let audited = Audited::of(call(&folder, &["--drift"]).on(&database));
    assert_eq!((audited.code, audited.status("schema-drift").as_str()), (3, "blind"));
    assert_eq!(audited.status("migration-edited"), "fail");
}

#[test]
fn a_schema_can_be_held_against_that_of_a_file() {
    let (database, folder) = migrated(18);
    pgrefit(["snapshot", "--output", "expected.json"]).inside(folder.path()).on(&database).run().expect(0);
    let expected = ["--only", "history", "--expected", "expected.json"];
    assert_eq!(drift(&database, &folder, &expected), []);
    database.sql("DROP VIEW long_books; ALTER TABLE notes ADD COLUMN more text");
    let found = drift(&database, &folder, &expected);
    assert_eq!(found.len(), 2, "{found:?}");
    let ran =
        pgrefit(["audit", "--expected", "missing.json"]).inside(folder.path()).on(&database).run().expect(2);
    ran.says(&["failed to read the snapshot missing.json", "pgrefit snapshot --output FILE"]);
}

#[test]
fn a_schema_that_is_locked_is_blind_and_not_well() {
    let (database, folder) = migrated(18);
    let mut other = crate::concurrency::Bystander::on(&database);
    other.sql("BEGIN; LOCK TABLE \"Odd Books\" IN ACCESS EXCLUSIVE MODE");
    let audited = Audited::of(call(&folder, ONLY).on(&database));
    assert_eq!(audited.status("schema-drift"), "blind");
    // A database that does not fit the files has no expected schema.
    let other = Database::new();
    other.sql("CREATE TABLE stranger (id int)");
    let ran = call(&folder, ONLY).on(&other).run();
    assert!(matches!(ran.code, Some(0..=3 | 11 | 12)), "{ran:?}");
}
