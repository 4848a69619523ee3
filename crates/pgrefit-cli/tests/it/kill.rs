//! Runners that die: whatever is killed, whenever, a rerun ends in the same place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pgrefit_catalog::Name;
use pgrefit_pg::digest::{self, TableDigest};

use crate::concurrency::{Bystander, finish, runners, until};
use crate::harness::{Database, Folder, pgrefit, wait};

/// How long a backend may outlive its client.
const GONE: Duration = Duration::from_secs(3);
const SOON: Duration = Duration::from_secs(20);

/// The columns whose content does not depend on the time of the run.
const LASTING: &[(&str, &[&str])] = &[
    (
        "documents",
        &["id", "doc_type", "source_name", "doc_path", "content", "metadata", "embedding", "token_count"],
    ),
    (
        "document_sources",
        &["doc_type", "source_name", "version", "config", "enabled", "total_docs", "total_tokens"],
    ),
    ("crate_jobs", &["id", "crate_name", "operation", "status", "progress", "error"]),
];

/// The repository: its `migrations` are those of the Doc Server.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `version:name` of the Doc Server's migrations, in order.
fn migrations() -> BTreeMap<usize, String> {
    let files = std::fs::read_dir(repository().join("migrations")).unwrap();
    let numbered = files.filter_map(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        let (version, name) = name.strip_suffix(".sql")?.strip_prefix('V')?.split_once("__")?;
        Some((version.parse().unwrap(), format!("{version}:{name}")))
    });
    numbered.collect()
}

/// The Doc Server's database at V1, with documents.
fn documents() -> Database {
    let database = Database::new();
    migrate(&database, 1);
    database.sql(include_str!("fixtures/documents.sql"));
    database
}

/// Migrates to a version. What the run makes of a constraint that a later version validates is not the topic here.
fn migrate(database: &Database, target: usize) {
    let version = target.to_string();
    let ran = pgrefit(["migrate", "--target", &version]).inside(&repository()).on(database).run();
    assert_eq!(database.value("SELECT max(version) FROM refinery_schema_history"), version, "{ran:?}");
}

/// Starts a runner that has the patience to wait for a lock until it is killed.
fn start(database: &Database, folder: &Path, arguments: &[&str]) -> Child {
    let all = ["migrate", "--lock-timeout", "60s", "--wait-for-gap=false"].iter().chain(arguments);
    pgrefit(all).inside(folder).on(database).start()
}

/// Kills a runner, and waits for its backends to go.
#[track_caller]
fn kill_runner(database: &Database, mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
    until("the killed runner's backends are gone", GONE, || runners(database, "true") == 0);
    assert_no_lock_is_left(database);
}

#[track_caller]
fn assert_no_lock_is_left(database: &Database) {
    let sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(database.value(sql), "0");
}

fn content(database: &Database) -> BTreeMap<Name, TableDigest> {
    let columns = LASTING.iter().map(|(table, columns)| {
        (Name::new("public", *table), columns.iter().map(|&column| column.to_owned()).collect())
    });
    wait(async {
        let mut session = database.connector().read_only().await.unwrap();
        let snapshot = session.snapshot().await.unwrap();
        digest::database(&snapshot, &columns.collect()).await.unwrap()
    })
}

/// What somebody holds in an open transaction so that a migration of the Doc Server waits, having done as much of its
/// work as possible.
const LAST_NEED: &[&str] = &[
    "CREATE TYPE job_status AS ENUM ()",
    "SELECT FROM documents",
    "LOCK TABLE documents IN SHARE UPDATE EXCLUSIVE MODE",
    "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
    "LOCK TABLE document_sources IN SHARE MODE",
    "LOCK TABLE documents IN SHARE UPDATE EXCLUSIVE MODE",
    "LOCK TABLE crate_jobs IN SHARE MODE",
    "SELECT FROM documents",
    "SELECT FROM document_sources",
    "SELECT FROM crate_jobs",
    "LOCK TABLE crate_jobs IN SHARE UPDATE EXCLUSIVE MODE",
    "SELECT FROM documents",
    "SELECT FROM document_sources",
    "SELECT FROM crate_jobs",
    "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
    "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
    "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
    "SELECT FROM document_sources",
    "COMMENT ON TYPE doc_type IS 'in use'",
    "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
    "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
    "SELECT FROM document_sources",
    "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
    "LOCK TABLE document_counts IN SHARE MODE",
    "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
    "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
    "LOCK TABLE documents_search IN SHARE MODE",
    "LOCK TABLE documents_signs IN SHARE MODE",
    "LOCK TABLE documents_search IN ROW EXCLUSIVE MODE",
    "LOCK TABLE documents_signs IN ACCESS EXCLUSIVE MODE",
    // Rights are granted without a lock on the table.
    RECORD,
    "LOCK TABLE documents IN SHARE UPDATE EXCLUSIVE MODE",
];

/// The same need of every migration but the first, at its end: nothing is left to do but its record and the commit.
const RECORD: &str = "LOCK TABLE pgrefit_migration IN SHARE MODE";

/// Kills a runner in the migration to `version`, where it waits for what is held, and lets another finish it.
fn kill_in(database: &Database, version: usize, held: &str) {
    let mut bystander = Bystander::on(database);
    bystander.sql(&format!("BEGIN; {held}"));
    let child = start(database, &repository(), &["--target", &version.to_string()]);
    until(&format!("V{version} waits for {held}"), SOON, || {
        runners(database, "wait_event_type = 'Lock'") == 1
    });
    kill_runner(database, child);
    bystander.sql("ROLLBACK");
    if version > 1 {
        let recorded = database.value("SELECT max(version) FROM refinery_schema_history");
        assert_eq!(recorded, (version - 1).to_string(), "V{version} is rolled back");
    }
    migrate(database, version);
}

/// Kills a runner once in each migration from `first` on, and compares the end with that of an undisturbed run.
fn kill_in_each(database: &Database, first: usize, held: impl Fn(usize) -> &'static str) {
    let migrations = migrations();
    for &version in migrations.keys().filter(|&&version| version >= first) {
        kill_in(database, version, held(version));
        if version == 1 {
            database.sql(include_str!("fixtures/documents.sql"));
        }
    }
    let undisturbed = documents();
    let last = *migrations.keys().last().unwrap();
    migrate(&undisturbed, last);
    assert_eq!(database.fingerprint(), undisturbed.fingerprint());
    assert_eq!(content(database), content(&undisturbed));
    assert_eq!(database.history(), migrations.values().cloned().collect::<Vec<_>>());
    assert_eq!(database.value("SELECT count(*) FROM pgrefit_migration"), last.to_string());
}

#[test]
fn killed_within_each_migration_of_the_doc_server() {
    assert_eq!(LAST_NEED.len(), migrations().len(), "a migration was added: name what it needs last");
    kill_in_each(&Database::new(), 1, |version| LAST_NEED[version - 1]);
}

#[test]
fn killed_at_the_end_of_each_migration_of_the_doc_server() {
    kill_in_each(&documents(), 2, |_| RECORD);
}

/// Statements that work, or sleep, until somebody sets the pace to zero.
const SLOW: &[&str] = &[
    "SELECT pg_sleep(seconds) FROM pace;\n",
    "CREATE TABLE made AS SELECT seconds, pg_sleep(seconds)::text FROM pace;\n",
    "ALTER TABLE paced ADD COLUMN more text;\nUPDATE paced SET more = 'x';\nSELECT pg_sleep(seconds) FROM pace;\n",
    // Busy, and never in a place where it waits.
    "SELECT count(*) FROM pace, generate_series(1, 1000000000 * sign(seconds)::bigint);\n",
    "DO $$ BEGIN WHILE (SELECT seconds > 0 FROM pace) LOOP END LOOP; END $$;\n",
];

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
}

/// A database with a runner that is in the middle of V2, which another session can bring to an end.
fn in_the_middle_of(slow: &str) -> (Database, Folder, Child) {
    let database = Database::new();
    let setup = "CREATE TABLE pace AS SELECT 600 AS seconds;\nCREATE TABLE paced (id int, slept text);\n\
                 INSERT INTO paced VALUES (0, '');\n";
    let folder = Folder::new(&[("V1__pace.sql", setup)]);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    folder.write("V2__slow.sql", slow);
    folder.write("V3__last.sql", "CREATE TABLE last (id int);\n");
    let child = start(&database, folder.path(), &[]);
    until(&format!("the runner is in {slow}"), SOON, || {
        runners(&database, "state = 'active' AND query LIKE '/* pgrefit V2 */%'") == 1
    });
    (database, folder, child)
}

/// The next run goes on where the other one ended, and nothing is there twice.
fn rerun(database: &Database, folder: &Folder) {
    until("the backends are gone", GONE, || runners(database, "true") == 0);
    assert_no_lock_is_left(database);
    database.sql("UPDATE pace SET seconds = 0");
    pgrefit(["migrate"]).inside(folder.path()).on(database).run().expect(0);
    assert_eq!(database.history(), ["1:pace", "2:slow", "3:last"]);
    assert_eq!(database.value("SELECT count(*) FROM pgrefit_migration"), "3");
}

#[test]
fn killed_in_a_slow_statement() {
    for slow in SLOW {
        let (database, folder, child) = in_the_middle_of(slow);
        kill_runner(&database, child);
        assert_eq!(database.history(), ["1:pace"], "{slow}");
        assert_eq!(database.value("SELECT count(*) FROM paced"), "1", "{slow}");
        rerun(&database, &folder);
    }
}

/// A runner that waits for somebody who holds the runner lock.
fn waiting() -> (Database, Folder, Bystander, Child) {
    let database = Database::new();
    let folder = Folder::new(&[("V1__first.sql", "CREATE TABLE first (id int);\n")]);
    let mut holder = Bystander::on(&database);
    holder.lock_as_runner();
    let child = start(&database, folder.path(), &[]);
    until("the runner has asked who holds the lock", SOON, || {
        runners(&database, "query LIKE '%pg_locks%' OR query = 'ROLLBACK'") == 1
    });
    (database, folder, holder, child)
}

#[test]
fn killed_while_waiting_for_the_runner_lock() {
    let (database, folder, holder, mut child) = waiting();
    child.kill().unwrap();
    child.wait().unwrap();
    until("the killed runner's backends are gone", GONE, || runners(&database, "true") == 0);
    drop(holder);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    assert_eq!(database.history(), ["1:first"]);
}

#[test]
fn stopped_by_a_signal_while_waiting_for_the_runner_lock() {
    let (database, _folder, _holder, child) = waiting();
    send(&child, Signal::SIGTERM);
    finish(child).expect(75).says(&["stopped by SIGTERM"]);
    assert!(!database.has_table("first"));
}

#[test]
fn stopped_by_a_signal() {
    let check = |slow: &str, signal: Signal, word: &str| {
        let (database, folder, child) = in_the_middle_of(slow);
        send(&child, signal);
        let ran = finish(child).expect(75);
        ran.says(&[&format!("stopped by {word}"), "stopped in V2__slow", "run again to go on"]);
        assert_eq!(database.history(), ["1:pace"], "{word} in {slow}");
        rerun(&database, &folder);
    };
    check(SLOW[0], Signal::SIGINT, "Ctrl-C");
    check(SLOW[2], Signal::SIGTERM, "SIGTERM");
    check(SLOW[4], Signal::SIGTERM, "SIGTERM");
}

/// Ends the statement that sleeps, and its session.
const END_THE_SLEEPER: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                               WHERE wait_event = 'PgSleep' AND datname = current_database()";
/// Ends the session that holds the runner lock.
const END_THE_LOCK: &str = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' \
                            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// The run connects again, sees that nothing was committed, and goes on by itself.
#[test]
fn the_working_session_is_terminated() {
    let (database, _folder, child) = in_the_middle_of(SLOW[0]);
    until("the runner is asleep", SOON, || runners(&database, "wait_event = 'PgSleep'") == 1);
    database.sql("UPDATE pace SET seconds = 0");
    database.sql(END_THE_SLEEPER);
    finish(child).expect(0).says(&["V2__slow: the connection was lost", "terminating connection"]);
    assert_eq!(database.history(), ["1:pace", "2:slow", "3:last"]);
    assert_no_lock_is_left(&database);
}

/// A session that is ended again and again is meant to end.
#[test]
fn the_working_session_is_terminated_every_time() {
    let (database, folder, mut child) = in_the_middle_of(SLOW[0]);
    until("the runner has given up", SOON, || {
        database.sql(END_THE_SLEEPER);
        child.try_wait().unwrap().is_some()
    });
    finish(child).expect(75).says(&["the connection to the server was lost"]);
    assert_eq!(database.history(), ["1:pace"]);
    rerun(&database, &folder);
}

/// Without its lock the runner may not be alone: it takes it again before it begins anything else.
#[test]
fn the_session_of_the_lock_is_terminated() {
    let database = Database::new();
    let folder = Folder::new(&[
        ("V1__slow.sql", "CREATE TABLE pace (seconds int);\nSELECT pg_sleep(2);\n"),
        ("V2__last.sql", "CREATE TABLE last (id int);\n"),
    ]);
    let child = start(&database, folder.path(), &[]);
    until("the runner is asleep", SOON, || runners(&database, "wait_event = 'PgSleep'") == 1);
    database.sql(END_THE_LOCK);
    finish(child).expect(0).says(&["the runner lock was lost"]);
    assert_eq!(database.history(), ["1:slow", "2:last"]);
    assert_no_lock_is_left(&database);
}

/// The lock is gone, and somebody else has it.
#[test]
fn the_lock_is_taken_over() {
    let database = Database::new();
    let folder = Folder::new(&[
        ("V1__slow.sql", "CREATE TABLE pace (seconds int);\nSELECT pg_sleep(2);\n"),
        ("V2__last.sql", "CREATE TABLE last (id int);\n"),
    ]);
    let child = start(&database, folder.path(), &["--runner-wait", "1s"]);
    until("the runner is asleep", SOON, || runners(&database, "wait_event = 'PgSleep'") == 1);
    database.sql(END_THE_LOCK);
    let mut other = Bystander::on(&database);
    other.lock_as_runner();
    finish(child).expect(75).says(&["lost the runner lock before V2__last", "run again"]);
    assert_eq!(database.history(), ["1:slow"]);
    assert!(!database.has_table("last"));
    drop(other);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    assert_eq!(database.history(), ["1:slow", "2:last"]);
}

/// Both at once: a restart of the server, or a failover.
#[test]
fn all_sessions_are_terminated() {
    let (database, _folder, child) = in_the_middle_of(SLOW[0]);
    until("the runner is asleep", SOON, || runners(&database, "wait_event = 'PgSleep'") == 1);
    database.sql("UPDATE pace SET seconds = 0");
    database.sql(END_THE_LOCK);
    database.sql(END_THE_SLEEPER);
    finish(child).expect(0).says(&["V2__slow: the connection was lost"]);
    assert_eq!(database.history(), ["1:pace", "2:slow", "3:last"]);
    assert_no_lock_is_left(&database);
}
