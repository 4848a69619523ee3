//! Partitions at the command line: what is refused before anything is done, a conversion that is killed and gone on with,
//! partitions made by the clock that are no drift.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Database, Folder, Pgrefit, pgrefit, versions};

const SETUP: &str = "
CREATE TABLE sources (name text PRIMARY KEY);
CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL REFERENCES sources,
    note text,
    at timestamptz NOT NULL DEFAULT current_timestamp
);
CREATE INDEX events_at ON events (at);
CREATE VIEW noted AS SELECT id, note FROM events WHERE note IS NOT NULL;
INSERT INTO sources VALUES ('a'), ('b');
INSERT INTO events (source, note, at)
SELECT CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END, 'n' || i, current_timestamp - i * interval '1 hour'
FROM generate_series(1, 3000) AS i;
";

const CONFIG: &str = "
[migrations]
dir = 'migrations'

[[partition]]
table = 'events'
key = 'at'
interval = 'month'
";

const ACCEPT: &str = "accept = ['unique:events_pkey']\n";

fn folder(config: &str) -> Folder {
    let folder = Folder::new(&[("V1__events.sql", SETUP)]);
    configure(&folder, config);
    folder
}

fn configure(folder: &Folder, config: &str) {
    std::fs::write(folder.path().join("pgrefit.toml"), config).unwrap();
}

fn run(database: &Database, folder: &Path, arguments: &[&str]) -> Pgrefit {
    pgrefit(arguments).inside(folder).on(database)
}

fn migrated(major: u32, config: &str) -> (Database, Folder) {
    let (database, folder) = (Database::on(major), folder(config));
    run(&database, folder.path(), &["migrate"]).run().expect(0);
    (database, folder)
}

const PARTITIONS: &str = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass";

#[test]
fn what_would_be_lost_is_refused_by_name_and_nothing_is_done() {
    let (database, folder) = migrated(versions()[0], CONFIG);
    let before = database.fingerprint();
    for command in
        [&["partition", "plan"][..], &["partition", "convert"], &["partition", "convert", "events"]]
    {
        run(&database, folder.path(), command).run().expect(11).shows(&["accept = [\"unique:events_pkey\"]"]);
    }
    let files = std::fs::read_dir(folder.migrations()).unwrap().count();
    assert_eq!((files, database.fingerprint()), (1, before));
}

#[test]
fn a_wrong_configuration_is_told_at_once() {
    let database = Database::new();
    let check = |config: &str, arguments: &[&str], parts: &[&str]| {
        let folder = folder(config);
        run(&database, folder.path(), arguments).run().expect(2).says(parts);
    };
    check("", &["partition", "plan"], &["no [[partition]]"]);
    check(CONFIG, &["partition", "plan", "event"], &["did you mean `events`?"]);
    check(&CONFIG.replace("month", "moon"), &["partition", "status"], &["moon"]);
    check(&format!("{CONFIG}keep = '1 day'\nthen = 'drop'\n"), &["partition", "status"], &["keep"]);
    check(&CONFIG.replace("events", "nothing"), &["partition", "plan"], &["nothing"]);
}

#[test]
fn a_live_table_becomes_a_partitioned_one() {
    for major in versions() {
        let (database, folder) = migrated(major, &format!("{CONFIG}{ACCEPT}"));
        let content = "SELECT sum(hashtext(events::text)) FROM events";
        let before = database.value(content);
        run(&database, folder.path(), &["partition", "plan"])
            .run()
            .expect(0)
            .shows(&["events_partitioned.sql"]);
        run(&database, folder.path(), &["partition", "convert", "events"]).run().expect(0);
        assert_eq!(database.value(content), before, "{major}");
        assert!(database.value(PARTITIONS).parse::<u32>().unwrap() >= 4, "{major}");
        database.sql("INSERT INTO events (source, note) VALUES ('a', 'new')");
        assert_eq!(database.value("SELECT count(*) FROM noted WHERE note = 'new'"), "1");
        // It is done: the same command finds that, and so does every other environment.
        run(&database, folder.path(), &["partition", "convert"]).run().expect(0);
        run(&database, folder.path(), &["partition", "status"]).run().expect(0).shows(&["public.events"]);
        let elsewhere = Database::on(major);
        run(&elsewhere, folder.path(), &["migrate"]).run().expect(0);
    }
}

#[test]
fn a_conversion_that_was_killed_is_gone_on_with() {
    let config = format!("{CONFIG}{ACCEPT}move = true\n");
    for wait in [50, 200, 400, 800] {
        let (database, folder) = migrated(versions()[0], &config);
        let content = "SELECT sum(hashtext(events::text)), count(*) FROM events";
        let before = database.sql(content);
        let mut killed = run(&database, folder.path(), &["partition", "convert"]).start();
        std::thread::sleep(Duration::from_millis(wait));
        killed.kill().unwrap();
        killed.wait().unwrap();
        run(&database, folder.path(), &["partition", "convert"]).run().expect(0);
        assert_eq!(database.sql(content), before, "killed after {wait} ms");
    }
}

#[test]
fn partitions_that_the_clock_makes_are_no_drift() {
    for major in versions() {
        let (database, folder) = migrated(major, &format!("{CONFIG}{ACCEPT}"));
        run(&database, folder.path(), &["partition", "convert"]).run().expect(0);
        configure(&folder, &format!("{CONFIG}{ACCEPT}ahead = 7\n"));
        run(&database, folder.path(), &["partition", "status"]).run().expect(1).shows(&["of 7"]);
        let before: u32 = database.value(PARTITIONS).parse().unwrap();
        run(&database, folder.path(), &["partition", "maintain"]).run().expect(0);
        let after: u32 = database.value(PARTITIONS).parse().unwrap();
        assert!(after > before, "{major}: {before} {after}");
        run(&database, folder.path(), &["partition", "maintain"]).run().expect(0);
        assert_eq!(database.value(PARTITIONS), after.to_string());
        run(&database, folder.path(), &["partition", "status"]).run().expect(0);
        let audit = ["audit", "--only", "history", "--drift", "--format", "json", "--report", "audit.json"];
        run(&database, folder.path(), &audit).run();
        let report = std::fs::read_to_string(folder.path().join("audit.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let drift: Vec<&Value> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["check"] == "schema-drift")
            .collect();
        assert_eq!(drift, Vec::<&Value>::new(), "{major}");
    }
}

#[test]
fn maintenance_that_was_killed_is_gone_on_with() {
    let alone =
        "SELECT count(*) FROM pg_class WHERE relname LIKE 'events%' AND relkind = 'r' AND NOT relispartition";
    for wait in [30, 60, 100, 150, 250] {
        let (database, folder) = migrated(versions()[0], &format!("{CONFIG}{ACCEPT}"));
        run(&database, folder.path(), &["partition", "convert"]).run().expect(0);
        let (partitions, tables) = (database.value(PARTITIONS), database.value(alone));
        configure(&folder, &format!("{CONFIG}{ACCEPT}ahead = 40\n"));
        let mut killed = run(&database, folder.path(), &["partition", "maintain"]).start();
        std::thread::sleep(Duration::from_millis(wait));
        killed.kill().unwrap();
        killed.wait().unwrap();
        run(&database, folder.path(), &["partition", "maintain"]).run().expect(0);
        run(&database, folder.path(), &["partition", "status"]).run().expect(0);
        assert_ne!(database.value(PARTITIONS), partitions, "killed after {wait} ms");
        assert_eq!(database.value(alone), tables, "a table that is no partition, killed after {wait} ms");
    }
}

#[test]
fn maintenance_waits_for_no_migration() {
    let (database, folder) = migrated(versions()[0], &format!("{CONFIG}{ACCEPT}"));
    run(&database, folder.path(), &["partition", "convert"]).run().expect(0);
    folder.write("V90__slow.sql", "SELECT pg_sleep(20);\n");
    let mut migration = run(&database, folder.path(), &["migrate"]).start();
    crate::concurrency::until("the migration", Duration::from_secs(20), || {
        database.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid()")
            != "0"
    });
    run(&database, folder.path(), &["partition", "maintain"]).run().expect(75);
    migration.kill().unwrap();
    migration.wait().unwrap();
}
