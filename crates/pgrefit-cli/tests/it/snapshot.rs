//! `pgrefit snapshot`: what is in the file, what it does to others, and what others do to it.

use std::time::{Duration, Instant};

use pgrefit_catalog::{Comparison, Name, Snapshot, Usage};
use pgrefit_pg::introspect::{Scope, snapshot};
use serde_json::Value;

use crate::concurrency::Bystander;
use crate::harness::standby::replicated;
use crate::harness::{Database, Folder, pgrefit, versions, wait};

const TABLES: &str = "CREATE TABLE parents (id bigint PRIMARY KEY, note text DEFAULT 'x');
    CREATE TABLE \"Odd Children\" (id int, parent bigint REFERENCES parents);
    CREATE VIEW ids AS SELECT id FROM parents;
    INSERT INTO parents SELECT n, repeat('y', 80) FROM generate_series(1, 20000) n";

fn taken(database: &Database) -> Snapshot {
    let ran = pgrefit(["snapshot"]).on(database).run().expect(0);
    Snapshot::from_json(&ran.stdout).unwrap()
}

fn usage<'a>(snapshot: &'a Snapshot, name: &str) -> &'a Usage {
    &snapshot.usage[&Name::new("public", name)]
}

#[test]
fn a_snapshot_is_written_and_read_back() {
    for major in versions() {
        let (folder, database) = (Folder::new(&[]), Database::on(major));
        database.sql(TABLES);
        database.sql("ANALYZE parents");
        let arguments = ["snapshot", "--output", "made/by/it.json", "--format", "json"];
        let ran = pgrefit(arguments).inside(folder.path()).on(&database).run().expect(0);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&report["facts"]["tables"], &report["outcome"]["status"]), (&2.into(), &"warn".into()));
        let path = folder.path().join("made/by");
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1, "a draft was left");

        let text = std::fs::read_to_string(path.join("it.json")).unwrap();
        let file = Snapshot::from_json(&text).unwrap();
        assert_eq!(file.to_json(), text);
        let live = wait(async {
            let mut session = database.connector().read_only().await.unwrap();
            snapshot(&mut session, &Scope::everything()).await.unwrap()
        });
        assert_eq!(file.catalog.difference(&live.catalog, Comparison::Exact).to_string(), "");
        assert_eq!((&file.dependents, &file.search_path), (&live.dependents, &live.search_path));
        assert_eq!(
            (file.database.as_str(), file.server_version_num / 10_000),
            (database.name.as_str(), major)
        );
        assert_eq!(file.dependents[&Name::new("public", "parents")].len(), 2);
        assert!(!text.contains("yyyy"), "there are rows in it");

        let parents = usage(&file, "parents");
        let size: u64 = database.value("SELECT pg_relation_size('parents')").parse().unwrap();
        let index_size: u64 = database.value("SELECT pg_indexes_size('parents')").parse().unwrap();
        assert_eq!(parents.rows, Some(20_000));
        assert_eq!((parents.bytes - parents.toast_bytes, parents.index_bytes), (size, index_size));
        assert_eq!(usage(&file, "Odd Children").rows, None);
        assert!(file.blind.iter().any(|blind| blind.contains("public.\"Odd Children\" was never analysed")));
    }
}

#[test]
fn young_statistics_give_no_rates() {
    let database = Database::new();
    database.sql(TABLES);
    database.sql("SELECT pg_stat_reset()");
    let young = taken(&database);
    let parents = usage(&young, "parents");
    assert_eq!((parents.reads_per_s, parents.writes_per_s, parents.seq_scans_per_s), (None, None, None));
    let ran = pgrefit(["snapshot"]).on(&database).run().expect(0);
    ran.says(&["WARN", "reads and writes are not known: the server has counted for less than 5 minutes"]);
}

#[test]
fn a_locked_table_ends_it_soon_and_can_be_retried() {
    let database = Database::new();
    database.sql(TABLES);
    let mut other = Bystander::on(&database);
    other.sql("BEGIN; LOCK TABLE parents IN ACCESS EXCLUSIVE MODE");
    let start = Instant::now();
    let ran = pgrefit(["snapshot", "--output", "never.json"]).on(&database).run().expect(75);
    ran.says(&["failed to read the schema of the database", "lock"]);
    assert!(start.elapsed() < Duration::from_secs(10));
    other.sql("ROLLBACK");
    assert_eq!(taken(&database).catalog.tables.len(), 2);
}

#[test]
fn a_role_that_may_only_connect_can_take_one() {
    let database = Database::new();
    database.sql(TABLES);
    let role = format!("plain_{}", database.name);
    database.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'plain words'; REVOKE ALL ON SCHEMA public FROM PUBLIC"
    ));
    let url = database.url_as(&role, "plain%20words");
    let ran = pgrefit(["snapshot"]).env("DATABASE_URL", url).secret("plain words").run().expect(0);
    let plain = Snapshot::from_json(&ran.stdout).unwrap();
    let full = taken(&database);
    assert_eq!((&plain.catalog, &plain.dependents), (&full.catalog, &full.dependents));
    assert_eq!(usage(&plain, "parents").bytes, usage(&full, "parents").bytes);
    assert_eq!((plain.search_path.len(), full.search_path.len()), (0, 1));
}

#[test]
fn a_standby_says_that_it_counts_no_writes() {
    let (standby, database) = replicated();
    database.sql(TABLES);
    database.sql("ANALYZE parents");
    standby.catch_up(&database);
    let ran = pgrefit(["snapshot"]).env("DATABASE_URL", standby.url()).run().expect(0);
    let there = Snapshot::from_json(&ran.stdout).unwrap();
    let parents = usage(&there, "parents");
    assert_eq!((there.standby, parents.rows, parents.live_rows), (true, Some(20_000), None));
    assert!(there.blind.iter().any(|blind| blind.starts_with("writes are not known")), "{:?}", there.blind);
    assert_eq!(there.catalog, taken(&database).catalog);
}

#[test]
fn what_cannot_be_written_or_reached_is_said() {
    let database = Database::new();
    let ran = pgrefit(["snapshot", "--output", "/dev/null/x.json"]).on(&database).run().expect(2);
    ran.says(&["failed to write /dev/null/x.json"]);
    pgrefit(["snapshot"]).run().expect(2);
}
