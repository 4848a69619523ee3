//! During a migration: an audit waits for nobody, and what it cannot see it does not call well.

use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use pgrefit_pg::{Connector, Limits, Settings};

use super::{Audited, call, of_groups, traps};
use crate::concurrency::{Bystander, until};
use crate::harness::{Database, Folder, pgrefit, versions, wait};

const HISTORY: (&str, &str) = ("V1__first.sql", "CREATE TABLE first (id bigint PRIMARY KEY);\n");

/// Names every table of users, as SQL writes it.
const TABLES: &str = "SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ' ORDER BY c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// The traps, in a database with a history.
fn trapped(major: u32) -> (Database, Folder) {
    let (database, folder) = (Database::on(major), Folder::new(&[HISTORY]));
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    traps(&database, major);
    (database, folder)
}

fn audited(database: &Database, folder: &Folder) -> Audited {
    Audited::of(call(folder, &["--deep"]).on(database))
}

/// Holds an audit against one before the locks. What others do at the same time on a shared server is not compared.
#[track_caller]
fn assert_unimpressed(audited: &Audited, free: &Audited) {
    let duration = audited.report["duration_ms"].as_u64().unwrap();
    assert!(duration < 5_000, "{duration} ms");
    assert_eq!(audited.report["facts"]["user_locks"], 0);
    let busy = of_groups(&["activity", "replication", "security", "settings"]);
    audited.assert_no_more_blessed_than(free, &busy);
    // And what was well is well still, or not seen.
    for (check, status) in audited.statuses() {
        let before = free.status(&check);
        assert!(
            status == before || status == "blind" || busy.contains(&check.as_str()),
            "{check}: {before} -> {status}"
        );
    }
}

#[test]
fn locks_that_are_held_are_not_waited_for() {
    for major in versions() {
        let (database, folder) = trapped(major);
        let free = audited(&database, &folder);
        let mut migration = Bystander::on(&database);
        let tables = database.value(TABLES);
        migration.sql(&format!("BEGIN; LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"));
        migration.sql("DROP SEQUENCE seq.circle CASCADE; DROP INDEX dup.exact_3");
        let behind = audited(&database, &folder);
        assert_unimpressed(&behind, &free);
        assert_eq!(behind.status("migration-edited"), "blind");
        assert_eq!(free.status("migration-edited"), "pass");
        // One sequence is out of sight, all others are judged.
        assert_eq!(behind.objects("sequence-exhaustion"), free.objects("sequence-exhaustion"));
    }
}

/// A session that waits for a lock until it is granted, and gives it back at once.
fn wait_for(database: &Database, table: &str) -> JoinHandle<()> {
    let (url, sql) = (
        database.url(),
        format!(
            "BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0;
        LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; ROLLBACK"
        ),
    );
    spawn(move || {
        let settings = Settings::resolve(Some(&url), &|_| None).unwrap();
        let connector = Connector::new(settings, "pgrefit test".to_owned(), Limits::default());
        wait(async { connector.migrator().await.unwrap().simple(&sql).await.unwrap() });
    })
}

#[test]
fn locks_that_others_wait_for_are_not_waited_for() {
    for major in versions() {
        let (database, folder) = trapped(major);
        let free = audited(&database, &folder);
        let mut reader = Bystander::on(&database);
        let tables = database.value(TABLES);
        reader.sql(&format!("BEGIN; LOCK TABLE {tables} IN ACCESS SHARE MODE"));
        let wanted =
            ["refinery_schema_history", "fk.target", "dup.exact", "seq.serial", "part.filled", "con.checked"];
        let waiting: Vec<_> = wanted.iter().map(|table| wait_for(&database, table)).collect();
        let queue = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        // Shorter waits are not told.
        let long = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
                    AND query_start < clock_timestamp() - interval '6 s'";
        until("all of them wait", Duration::from_secs(20), || {
            database.value(long) == wanted.len().to_string()
        });
        let behind = audited(&database, &folder);
        assert_eq!(database.value(queue), wanted.len().to_string(), "nobody was let through meanwhile");
        assert_unimpressed(&behind, &free);
        assert_eq!(behind.status("migration-edited"), "blind");
        assert!(!behind.objects("blocked-sessions").is_empty());
        reader.sql("ROLLBACK");
        for session in waiting {
            session.join().unwrap();
        }
    }
}
