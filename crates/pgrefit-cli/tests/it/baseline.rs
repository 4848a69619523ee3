//! `pgrefit baseline`, and `migrate --adopt`: an existing database is taken over only after proof.

use crate::harness::{Database, Folder, Ran, pgrefit};

const FILES: &[(&str, &str)] = &[
    ("V1__base.sql", "CREATE TABLE base (id int PRIMARY KEY, name text NOT NULL);\n"),
    ("V2__index.sql", "CREATE INDEX base_name_idx ON base (name);\n"),
    ("V3__note.sql", "ALTER TABLE base ADD COLUMN note text;\n"),
];
const DIFFERS: &str = "CREATE TABLE base (id int PRIMARY KEY, name varchar(80) NOT NULL);";

/// A folder of three files and a database with this in it.
struct Found {
    folder: Folder,
    database: Database,
}

impl Found {
    fn new(sql: &str) -> Self {
        let found = Self { folder: Folder::new(FILES), database: Database::new() };
        found.database.sql(sql);
        found
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        pgrefit(arguments).inside(self.folder.path()).on(&self.database).run()
    }

    fn has_history(&self) -> bool {
        self.database.has_table("refinery_schema_history") || self.database.has_table("pgrefit_migration")
    }
}

/// The fingerprint that a report in JSON names.
fn fingerprint(ran: &Ran) -> String {
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    report["facts"]["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn the_doc_server_is_adopted_at_its_baseline() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::legacy());
    let run = |arguments: &[&str]| pgrefit(arguments).inside(folder.path()).on(&database).run();
    let before = database.fingerprint();
    run(&["migrate"]).expect(11).says(&["but no migration history", "--adopt"]);
    run(&["baseline", "--check"]).expect(0).shows(&["the database equals the baseline V1"]);
    assert!(!database.has_table("refinery_schema_history"));
    run(&["baseline"]).expect(0).shows(&["adopted at V1"]);
    assert_eq!(database.history(), ["1:baseline"]);
    assert_eq!(database.fingerprint(), before);
    run(&["status"]).expect(0).shows(&["V1__baseline applied", "pending"]);
}

#[test]
fn migrate_adopts_and_goes_on() {
    let found = Found::new(FILES[0].1);
    found.run(&["migrate", "--adopt"]).expect(0).shows(&["adopted at V1", "2 migrations applied"]);
    assert_eq!(found.database.history(), ["1:base", "2:index", "3:note"]);
    assert_eq!(
        found.database.value("SELECT string_agg(adopted::text, ' ' ORDER BY version) FROM pgrefit_migration"),
        "true false false"
    );
    found.run(&["migrate"]).expect(0).shows(&["up to date at V3"]);
    found.run(&["migrate", "--adopt"]).expect(0).shows(&["up to date at V3"]);
}

#[test]
fn an_adopted_record_is_what_a_fresh_database_gets() {
    let found = Found::new(FILES[0].1);
    found.run(&["migrate", "--adopt"]).expect(0);
    let fresh = Found::new("");
    fresh.run(&["migrate"]).expect(0);
    let rows = "SELECT string_agg(concat_ws(' ', version, name, checksum), '; ' ORDER BY version) \
                FROM refinery_schema_history";
    assert_eq!(found.database.value(rows), fresh.database.value(rows));
    assert_eq!(found.database.fingerprint(), fresh.database.fingerprint());
}

#[test]
fn a_database_that_was_not_adopted_is_not_migrated() {
    let check = |sql: &str| {
        let found = Found::new(sql);
        for command in ["migrate", "plan"] {
            let ran = found.run(&[command]).expect(11);
            ran.says(&["but no migration history", "pgrefit baseline", "migrate --adopt", "DATABASE_URL"]);
        }
        found.run(&["status"]).expect(0).shows(&["3 migrations are pending"]);
        assert!(!found.has_history(), "{sql}");
    };
    check("CREATE TABLE other ()");
    check("CREATE VIEW other AS SELECT 1 AS one");
    check("CREATE FUNCTION other() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    check("CREATE TYPE other AS ENUM ('a')");
    check("CREATE SEQUENCE other");
    check("CREATE SCHEMA app; CREATE TABLE app.other ()");
}

#[test]
fn one_different_column_is_a_refusal_that_names_it() {
    let found = Found::new(DIFFERS);
    for arguments in [&["baseline"][..], &["migrate", "--adopt"]] {
        let ran =
            found.run(arguments).expect(11).says(&["differs from the baseline V1", "--accept-difference"]);
        let ran = ran.shows(&["column public.base.name: type is character varying(80), expected text"]);
        let told = ran.stderr.split("--accept-difference ").nth(1).unwrap();
        let named = told.split_whitespace().next().unwrap();
        assert!(named.len() >= 16 && ran.stdout.contains(named), "{named}\n{}", ran.stdout);
        assert!(!found.has_history());
    }
}

#[test]
fn exactly_the_accepted_difference_is_adopted() {
    let found = Found::new(DIFFERS);
    let named = fingerprint(&found.run(&["baseline", "--check", "--format", "json"]).expect(1));
    let other = named.chars().rev().collect::<String>();
    found.run(&["baseline", "--accept-difference", &other]).expect(11);
    found.run(&["migrate", "--adopt", "--accept-difference", ""]).expect(11);
    assert!(!found.has_history());
    found.run(&["baseline", "--check", "--accept-difference", &named]).expect(0);
    assert!(!found.has_history());
    let ran =
        found.run(&["migrate", "--adopt", "--accept-difference", &other, "--accept-difference", &named]);
    ran.expect(0).shows(&["adopted at V1", &named]);
    assert_eq!(found.database.history(), ["1:base", "2:index", "3:note"]);
}

#[test]
fn a_difference_accepted_in_the_configuration_is_of_this_difference_only() {
    let found = Found::new(DIFFERS);
    let named = fingerprint(&found.run(&["baseline", "--check", "--format", "json"]).expect(1));
    let text = format!("[baseline]\naccept_differences = [\"{named}\"]\n");
    std::fs::write(found.folder.path().join("pgrefit.toml"), text).unwrap();
    found.database.sql("ALTER TABLE base ADD COLUMN surprise int");
    found.run(&["baseline"]).expect(11);
    assert!(!found.has_history());
    found.database.sql("ALTER TABLE base DROP COLUMN surprise");
    found.run(&["baseline"]).expect(0).shows(&["adopted at V1"]);
}

#[test]
fn every_kind_of_difference_is_seen() {
    let found = Found::new(
        "CREATE TABLE base (id int PRIMARY KEY, name text DEFAULT 'x', more int CONSTRAINT positive CHECK (more > 0));
         CREATE INDEX by_name ON base (name);
         CREATE TABLE second ();
         CREATE VIEW seen AS SELECT 1 AS one;
         CREATE TYPE mood AS ENUM ('good');
         CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE SCHEMA app;
         CREATE TABLE app.other ();",
    );
    let ran = found.run(&["baseline", "--check"]).expect(1);
    ran.shows(&["base.name", "null", "default", "base.more", "positive", "by_name"]).shows(&[
        "public.second",
        "public.seen",
        "public.mood",
        "public.one",
        "app.other",
    ]);
    assert!(!found.has_history());
}

#[test]
fn a_check_writes_nothing() {
    let check = |sql: &str, code: i32| {
        let found = Found::new(sql);
        let before = found.database.fingerprint();
        found.run(&["baseline", "--check"]).expect(code);
        assert!(!found.has_history() && found.database.fingerprint() == before, "{sql}");
    };
    check(FILES[0].1, 0);
    check(DIFFERS, 1);
}

#[test]
fn a_managed_database_is_not_adopted_again() {
    let found = Found::new(FILES[0].1);
    found.run(&["baseline"]).expect(0);
    let before = found.database.value("SELECT string_agg(h::text, ';') FROM refinery_schema_history h");
    let ran = found.run(&["baseline"]).expect(11);
    ran.says(&["records migrations already (1)", "pgrefit migrate"]);
    let after = found.database.value("SELECT string_agg(h::text, ';') FROM refinery_schema_history h");
    assert_eq!(after, before);
}

#[test]
fn an_empty_database_needs_no_adoption() {
    let found = Found::new("");
    found.run(&["migrate", "--adopt"]).expect(0).shows(&["3 migrations applied"]);
    let adopted = "SELECT count(*) FROM pgrefit_migration WHERE adopted";
    assert_eq!(found.database.value(adopted), "0");
}

#[test]
fn an_empty_database_does_not_equal_the_baseline() {
    let found = Found::new("");
    found.run(&["baseline"]).expect(11).says(&["differs from the baseline V1"]);
    assert!(!found.has_history());
}

#[test]
fn a_later_baseline_records_everything_up_to_it() {
    let two = format!("{} {}", FILES[0].1, FILES[1].1);
    let found = Found::new(&two);
    found.run(&["baseline"]).expect(11).shows(&["base_name_idx"]);
    found.run(&["baseline", "--version", "2"]).expect(0).shows(&["adopted at V2"]);
    assert_eq!(found.database.history(), ["1:base", "2:index"]);
    found.run(&["migrate"]).expect(0).shows(&["1 migration applied"]);
    let configured = Found::new(&two);
    let file = configured.folder.path().join("pgrefit.toml");
    std::fs::write(file, "[baseline]\nversion = 2\n").unwrap();
    configured.run(&["migrate", "--adopt"]).expect(0).shows(&["adopted at V2", "1 migration applied"]);
}

#[test]
fn a_baseline_that_does_not_exist_is_a_wrong_call() {
    let found = Found::new(FILES[0].1);
    for version in ["9", "-1"] {
        let argument = format!("--version={version}");
        let message = format!("no migration with the baseline version {version}");
        found.run(&["baseline", &argument]).expect(2).says(&[&message, "hint:"]);
    }
    assert!(!found.has_history());
}

#[test]
fn a_baseline_that_cannot_be_built_is_shown_with_its_place() {
    let found = Found::new("CREATE TABLE base ()");
    found.folder.write("V1__base.sql", "CREATE TABLE base (\n    id nosuchtype\n);\n");
    let ran = found.run(&["baseline", "--check"]);
    assert!(!found.has_history());
    assert!(ran.code != Some(0) && ran.code != Some(1), "{ran:?}");
    ran.says(&[
        "failed to build the baseline on a scratch server",
        "type \"nosuchtype\" does not exist",
        "migrations/V1__base.sql:2:8",
    ]);
}
