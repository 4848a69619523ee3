//! `pgrefit migrate` on a database of its own migrations.

use crate::harness::{Database, Folder, pgrefit, versions};

const TWO: &[(&str, &str)] = &[
    (
        "V1__first.sql",
        "CREATE TABLE first (id int PRIMARY KEY, name text);\nINSERT INTO first VALUES (1, 'a');\n",
    ),
    ("V2__second.sql", "ALTER TABLE first ADD COLUMN note text;\n"),
];

#[test]
fn pending_migrations_are_applied_once() {
    for version in versions() {
        let database = Database::on(version);
        let folder = Folder::new(TWO);
        pgrefit(["migrate"])
            .inside(folder.path())
            .on(&database)
            .run()
            .expect(0)
            .shows(&["2 migrations applied"]);
        pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0).shows(&["up to date at V2"]);
        assert_eq!(database.history(), ["1:first", "2:second"]);
        assert_eq!(database.value("SELECT count(*) FROM first WHERE note IS NULL"), "1");
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let database = Database::new();
    let folder = Folder::new(TWO);
    let ran = pgrefit(["migrate", "--dry-run"]).inside(folder.path()).on(&database).run().expect(0);
    ran.shows(&["V2__second", "2 migrations are pending"]);
    assert!(!database.has_table("first") && !database.has_table("refinery_schema_history"));
}

#[test]
fn a_target_is_not_passed() {
    let database = Database::new();
    let folder = Folder::new(TWO);
    pgrefit(["migrate", "--target", "1"]).inside(folder.path()).on(&database).run().expect(0);
    assert_eq!(database.history(), ["1:first"]);
    let ran = pgrefit(["migrate", "--target", "7"]).inside(folder.path()).on(&database).run().expect(2);
    ran.says(&["there is no migration with version 7"]);
}
