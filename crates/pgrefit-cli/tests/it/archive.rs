//! Archives at the command line: out of the database and back, and what is refused before anything is done.

use std::path::Path;

use crate::harness::{Database, Folder, Pgrefit, pgrefit, versions};

const SETUP: &str = "
CREATE TABLE events (id bigint NOT NULL, note text, data jsonb, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_p2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_p2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX ON events (at);
INSERT INTO events SELECT i, 'n' || i, jsonb_build_object('i', i), timestamptz '2024-01-01 12:00+00' + i * interval '5 hours'
FROM generate_series(1, 3000) AS i;
";

fn run(database: &Database, folder: &Path, arguments: &[&str]) -> Pgrefit {
    pgrefit(arguments).inside(folder).on(database)
}

fn prepared(major: u32) -> (Database, Folder) {
    let (database, folder) = (Database::on(major), Folder::new(&[("V1__events.sql", SETUP)]));
    run(&database, folder.path(), &["migrate"]).run().expect(0);
    (database, folder)
}

const CONTENT: &str = "SELECT count(*) || ' ' || sum(hashtext(events::text)) FROM events";

#[test]
fn a_partition_leaves_and_comes_back() {
    for major in versions() {
        let (database, folder) = prepared(major);
        let before = database.value(CONTENT);
        run(&database, folder.path(), &["archive", "run", "events_p2024"])
            .run()
            .expect(0)
            .shows(&["dropped"]);
        assert!(!database.has_table("events_p2024"), "{major}");
        run(&database, folder.path(), &["archive", "ls"]).run().expect(0).shows(&["events_p2024", "there"]);
        run(&database, folder.path(), &["archive", "verify", "events_p2024"]).run().expect(0);
        // The ledger is no table of the user's.
        let audit = ["audit", "--only", "history", "--drift"];
        let found = run(&database, folder.path(), &audit).run().shows(&["events_p2024"]).stdout;
        assert!(!found.contains("pgrefit_archive"), "{found}");
        let query = ["archive", "query", "events_p2024"];
        run(&database, folder.path(), &query).run().expect(0).shows(&["read_parquet", "SELECT * FROM"]);
        run(&database, folder.path(), &["archive", "restore", "events_p2024"])
            .run()
            .expect(0)
            .shows(&["attached"]);
        assert_eq!(database.value(CONTENT), before, "{major}");
    }
}

#[test]
fn a_store_that_has_lost_something_is_found_out() {
    let (database, folder) = prepared(versions()[0]);
    run(&database, folder.path(), &["archive", "run", "events_p2024"]).run().expect(0);
    let file = files(&folder.path().join("pgrefit/archives"))
        .into_iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "parquet"))
        .unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    run(&database, folder.path(), &["archive", "verify", "events_p2024", "--files-only"]).run().expect(16);
    run(&database, folder.path(), &["archive", "restore", "events_p2024"]).run().expect(16);
    assert!(!database.has_table("events_p2024"));
    std::fs::remove_file(&file).unwrap();
    run(&database, folder.path(), &["archive", "ls"]).run().expect(1).shows(&["MISSING"]);
}

#[test]
fn an_archive_that_the_database_has_forgotten_is_adopted() {
    let (database, folder) = prepared(versions()[0]);
    let before = database.value(CONTENT);
    run(&database, folder.path(), &["archive", "run", "events_p2024"]).run().expect(0);
    run(&database, folder.path(), &["archive", "adopt"]).run().expect(0).shows(&["0 archives"]);
    database.sql("DELETE FROM pgrefit_archive");
    run(&database, folder.path(), &["archive", "restore", "events_p2024"]).run().expect(2);
    let listed =
        run(&database, folder.path(), &["archive", "adopt", "--format", "json"]).run().expect(0).stdout;
    assert!(listed.contains("public.events/events_p2024/"), "{listed}");
    run(&database, folder.path(), &["archive", "adopt", "nowhere/none.json"]).run().expect(2);
    let all = ["archive", "adopt", "--all"];
    run(&database, folder.path(), &all).run().expect(0).shows(&["1 archive adopted", "events_p2024"]);
    run(&database, folder.path(), &["archive", "restore", "events_p2024"])
        .run()
        .expect(0)
        .shows(&["attached"]);
    assert_eq!(database.value(CONTENT), before);
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() { all.extend(files(&entry.path())) } else { all.push(entry.path()) }
    }
    all
}

#[test]
fn what_is_wrong_is_told_before_anything_is_done() {
    let (database, folder) = prepared(versions()[0]);
    let before = database.fingerprint();
    let check = |arguments: &[&str], variables: &[(&str, &str)], code: i32, parts: &[&str]| {
        let run = variables
            .iter()
            .fold(run(&database, folder.path(), arguments), |run, (name, value)| run.env(name, value));
        run.run().expect(code).says(parts);
    };
    let archive = ["archive", "run", "events_p2024"];
    check(&["archive", "run", "nothing"], &[], 2, &["nothing"]);
    check(&archive, &[("PGREFIT_ARCHIVE_STORE", "no/such/folder")], 2, &["no/such/folder"]);
    check(&archive, &[("PGREFIT_ARCHIVE_STORE", "ftp://somewhere/else")], 2, &["ftp:"]);
    check(&archive, &[("PGREFIT_ARCHIVE_WORK_MAX", "much")], 2, &["archive.work_max"]);
    check(&archive, &[("PGREFIT_ARCHIVE_WORK_MAX", "1KiB")], 2, &["room"]);
    check(&["archive", "restore", "events_p2024"], &[], 2, &["failed to find an archive"]);
    // `ls` of a database that never had an archive makes nothing there.
    run(&database, folder.path(), &["archive", "ls"]).run().expect(0);
    assert_eq!(database.fingerprint(), before);
    assert!(database.has_table("events_p2024"));
}

#[test]
fn what_is_older_than_what_is_kept_is_archived() {
    let (database, folder) = prepared(versions()[0]);
    let config = "[[partition]]\ntable = 'events'\nkey = 'at'\ninterval = 'year'\nahead = 1\nkeep = '1 year'\nthen = 'archive'\n";
    std::fs::write(folder.path().join("pgrefit.toml"), config).unwrap();
    run(&database, folder.path(), &["partition", "maintain"]).run().expect(0).shows(&["events_p2024"]);
    assert!(!database.has_table("events_p2024"));
    run(&database, folder.path(), &["archive", "ls"]).run().expect(0).shows(&["events_p2024", "dropped"]);
}
