//! docs/how-to: what is shown as wrong is refused for the reason that is named, and what is shown instead works.

use crate::harness::{Database, Folder, pgrefit};
use crate::page::{Block, Page};
use crate::refinery::{FILES, managed_by_refinery};
use crate::tutorial::Reader;

/// What stands before the rule that refuses a block.
const REFUSED: &str = "refused: ";
const MIGRATIONS: &str = "migrations/";

#[test]
fn changes_without_downtime_are_as_the_page_says() {
    let (page, folder) = (Page::read("how-to/change-without-downtime"), Folder::new(&[]));
    let mut refused = 0;
    for block in &page.blocks {
        if let Some(rule) = block.note.strip_prefix(REFUSED) {
            assert_refused(&folder, block, rule);
            refused += 1;
        } else if let Some(name) = block.note.strip_prefix(MIGRATIONS) {
            folder.write(name, &block.text);
        } else {
            assert_eq!(block.language, "text", "line {}: neither right nor wrong", block.line);
        }
    }
    assert!(refused > 8, "{refused} blocks are refused");
    pgrefit(["lint", "--fail-on", "warn"]).inside(folder.path()).run().expect(0);
    let database = Database::new();
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    let done = "SELECT bool_and(token IS NOT NULL AND region = 'eu') AND count(*) = 5000 FROM orders";
    assert_eq!(database.value(done), "t");
    assert_eq!(database.value("SELECT count(*) FROM pg_constraint WHERE NOT convalidated"), "0");
    assert_eq!(database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
}

/// Lints a block as the file after those that stand before it on the page.
#[track_caller]
fn assert_refused(folder: &Folder, block: &Block, rule: &str) {
    let name = "V900__refused.sql";
    folder.write(name, &block.text);
    let ran = pgrefit(["lint", &format!("{MIGRATIONS}{name}"), "--fail-on", "warn", "--format", "json"])
        .inside(folder.path())
        .run();
    folder.remove(name);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let is_named = findings.iter().any(|found| found["check"] == rule);
    assert!(is_named, "line {}: {rule} is not found in {findings:#?}", block.line);
    ran.expect(1);
}

#[test]
fn a_database_of_refinery_is_adopted_as_the_page_says() {
    let database = managed_by_refinery(2);
    let reader = Reader::new().on(&database);
    for (name, text) in FILES {
        reader.write(&format!("{MIGRATIONS}{name}"), text);
    }
    reader.follow(&Page::read("how-to/adopt").section("A database that refinery manages"));
}

#[test]
fn a_database_made_by_hand_is_adopted_as_the_page_says() {
    let database = Database::new();
    database.sql(
        "CREATE TYPE kind AS ENUM ('a', 'b');\n\
         CREATE TABLE parts (id int PRIMARY KEY, kind kind NOT NULL DEFAULT 'a', made timestamptz DEFAULT now());\n\
         CREATE VIEW kinds AS SELECT kind, count(*) FROM parts GROUP BY kind;\n\
         CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE RETURN n * 2;\n\
         CREATE INDEX parts_twice ON parts (twice(id)) WHERE kind = 'b'",
    );
    let before = database.fingerprint();
    Reader::new().on(&database).follow(&Page::read("how-to/adopt").section("A database made by hand"));
    assert_eq!(database.history(), ["1:baseline"]);
    assert_eq!(database.fingerprint(), before, "nothing but the history was written");
}
