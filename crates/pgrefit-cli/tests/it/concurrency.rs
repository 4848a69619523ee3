//! Several runners at once, and bystanders that hold locks: every migration is applied exactly once, or not at all.

use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use pgrefit_pg::{Migrator, RUNNER_LOCK_KEY};
use tokio::runtime::Runtime;

use crate::harness::{Database, Folder, Ran, pgrefit};

/// Another session on the database: what it begins stays open until it says otherwise, or is dropped.
pub(crate) struct Bystander {
    runtime: Runtime,
    session: Migrator,
}

impl Bystander {
    pub(crate) fn on(database: &Database) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let session = runtime.block_on(database.connector().migrator()).unwrap();
        Self { runtime, session }
    }

    /// Runs statements, which may leave a transaction open.
    pub(crate) fn sql(&mut self, sql: &str) {
        self.runtime.block_on(self.session.simple(sql)).unwrap();
    }

    /// Takes the lock that a runner holds while it works.
    pub(crate) fn lock_as_runner(&mut self) {
        self.sql(&format!("BEGIN; SELECT pg_advisory_xact_lock({RUNNER_LOCK_KEY})"));
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, limit: Duration, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits for a call that was started; kills it when it takes longer than a test may.
#[track_caller]
pub(crate) fn finish(mut child: Child) -> Ran {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_mins(1) {
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            panic!("still running after a minute: {}", String::from_utf8_lossy(&output.stderr));
        }
        thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// How many sessions of runners there are that match a condition on `pg_stat_activity`.
pub(crate) fn runners(database: &Database, condition: &str) -> usize {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name LIKE 'pgrefit/%' AND ({condition})"
    );
    database.value(&sql).parse().unwrap()
}

fn start(database: &Database, folder: &Folder, arguments: &[&str]) -> Child {
    let all = ["migrate"].iter().chain(arguments);
    pgrefit(all).inside(folder.path()).on(database).start()
}

fn ten(database: &Database, folder: &Folder) -> Vec<Ran> {
    let children: Vec<Child> = (0..10).map(|_| start(database, folder, &[])).collect();
    children.into_iter().map(finish).collect()
}

const FIRST: (&str, &str) = (
    "V1__first.sql",
    "CREATE TABLE first (id int PRIMARY KEY, note text CHECK (note <> ''));\nINSERT INTO first VALUES (1, 'a');\n",
);

#[test]
fn ten_runners_on_an_empty_database_apply_everything_once() {
    let database = Database::new();
    let folder = Folder::new(&[FIRST, ("V2__second.sql", "INSERT INTO first VALUES (2, 'b');\n")]);
    let ran = ten(&database, &folder);
    assert!(ran.iter().all(|ran| ran.code == Some(0)), "{ran:#?}");
    assert_eq!(database.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM first"), "1 2");
    assert_eq!(database.history(), ["1:first", "2:second"]);
    assert_eq!(database.value("SELECT count(*) FROM pgrefit_migration"), "2");
    assert_eq!(runners(&database, "true"), 0);
}

#[test]
fn ten_runners_with_one_slow_migration_apply_it_once() {
    let database = Database::new();
    let folder = Folder::new(&[FIRST]);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    folder.write("V2__slow.sql", "INSERT INTO first SELECT 2, 'b' FROM (SELECT pg_sleep(1)) AS slept;\n");
    let ran = ten(&database, &folder);
    assert!(ran.iter().all(|ran| ran.code == Some(0)), "{ran:#?}");
    assert_eq!(database.value("SELECT count(*) FROM first WHERE id = 2"), "1");
    assert_eq!(database.history(), ["1:first", "2:slow"]);
}

#[test]
fn when_the_one_of_ten_that_works_is_killed_another_takes_over() {
    let database = Database::new();
    let folder = Folder::new(&[FIRST]);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    database.sql("CREATE TABLE pace AS SELECT 600 AS seconds");
    folder.write("V2__slow.sql", "INSERT INTO first SELECT 2, pg_sleep(seconds)::text || 'b' FROM pace;\n");
    let mut children: Vec<Child> = (0..10).map(|_| start(&database, &folder, &[])).collect();
    let mut holder = None;
    until("one of them is asleep", Duration::from_secs(20), || {
        holder = children.iter().position(|child| works(&database, child.id()));
        holder.is_some()
    });
    database.sql("UPDATE pace SET seconds = 0");
    let mut killed = children.remove(holder.unwrap());
    killed.kill().unwrap();
    killed.wait().unwrap();
    for child in children {
        finish(child).expect(0);
    }
    assert_eq!(database.value("SELECT count(*) FROM first WHERE id = 2"), "1");
    assert_eq!(database.history(), ["1:first", "2:slow"]);
    assert_eq!(runners(&database, "true"), 0);
}

/// Whether the process `id` is the client of the session that sleeps: told by the ports of its connections.
fn works(database: &Database, id: u32) -> bool {
    let port = database.value(
        "SELECT client_port FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
    );
    !port.is_empty() && ports_of(id).contains(&port)
}

/// The local ports of a process's TCP connections, as Linux tells.
fn ports_of(id: u32) -> Vec<String> {
    let sockets: Vec<String> = std::fs::read_dir(format!("/proc/{id}/fd"))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = std::fs::read_to_string(format!("/proc/{id}/net/tcp")).unwrap();
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row.get(9).is_some_and(|inode| sockets.iter().any(|own| own == inode)))
        .filter_map(|row| u16::from_str_radix(row[1].split(':').nth(1)?, 16).ok())
        .map(|port| port.to_string())
        .collect()
}

/// The first runner's locks keep everybody from the table; the second one must not take that for a failure.
#[test]
fn a_runner_waits_while_another_has_a_table_for_itself() {
    let database = Database::new();
    let folder = Folder::new(&[FIRST]);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    folder.write("V2__slow.sql", "ALTER TABLE first ADD COLUMN more text;\nSELECT pg_sleep(2);\n");
    let first = start(&database, &folder, &[]);
    until("the first runner is asleep", Duration::from_secs(10), || {
        runners(&database, "wait_event = 'PgSleep'") == 1
    });
    let second = start(&database, &folder, &[]);
    finish(first).expect(0).shows(&["1 migration applied"]);
    finish(second).expect(0);
    assert_eq!(database.history(), ["1:first", "2:slow"]);
}

#[test]
fn two_runners_adopt_a_database_once() {
    let database = Database::new();
    database.sql("CREATE TABLE first (id int PRIMARY KEY, note text CHECK (note <> ''))");
    let folder = Folder::new(&[
        ("V1__first.sql", FIRST.1),
        ("V2__second.sql", "INSERT INTO first VALUES (2, 'b');\n"),
    ]);
    let children: Vec<Child> = (0..2).map(|_| start(&database, &folder, &["--adopt"])).collect();
    for child in children {
        finish(child).expect(0);
    }
    assert_eq!(database.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM first"), "2");
    assert_eq!(database.history(), ["1:first", "2:second"]);
}

#[test]
fn a_runner_that_waits_names_the_holder_and_gives_up_in_time() {
    let database = Database::new();
    let folder = Folder::new(&[FIRST]);
    let mut holder = Bystander::on(&database);
    holder.sql("SET application_name = 'the other one'");
    holder.lock_as_runner();
    let started = Instant::now();
    let ran = finish(start(&database, &folder, &["--runner-wait", "1s"])).expect(75);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let backend = format!("backend {}, the other one, user postgres", holder.session.backend_pid());
    ran.says(&[
        &format!("waiting for {backend}"),
        "failed to get the runner lock",
        &format!("it is held by {backend}"),
        "wait for the other run to finish",
    ]);
    assert!(!database.has_table("first"));
}

#[test]
fn a_runner_goes_on_when_the_holder_is_killed() {
    let database = Database::new();
    let folder = Folder::new(&[FIRST, ("V2__pace.sql", "CREATE TABLE pace AS SELECT 600 AS seconds;\n")]);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    folder.write("V3__slow.sql", "SELECT pg_sleep(seconds) FROM pace;\n");
    let mut holder = start(&database, &folder, &[]);
    until("the holder is asleep", Duration::from_secs(10), || {
        runners(&database, "wait_event = 'PgSleep'") == 1
    });
    let next = start(&database, &folder, &[]);
    until("the next one waits", Duration::from_secs(10), || runners(&database, "true") >= 3);
    thread::sleep(Duration::from_millis(500));
    database.sql("UPDATE pace SET seconds = 0");
    holder.kill().unwrap();
    holder.wait().unwrap();
    let killed = Instant::now();
    let ran = finish(next).expect(0);
    assert!(killed.elapsed() < Duration::from_secs(3), "{:?}", killed.elapsed());
    ran.says(&["waiting for backend"]).shows(&["1 migration applied"]);
    assert_eq!(database.history(), ["1:first", "2:pace", "3:slow"]);
}

/// What somebody who is no runner holds, the statement that wants it, and whether it is a lock that keeps others out: that
/// one is not even asked for.
const IN_THE_WAY: &[(&str, &str, bool)] = &[
    ("SELECT FROM first", "ALTER TABLE first ADD COLUMN more text;\n", true),
    ("UPDATE first SET note = 'z'", "CREATE INDEX more ON first (note);\n", true),
    ("SELECT FROM first WHERE id = 1 FOR SHARE", "UPDATE first SET note = 'c' WHERE id = 1;\n", false),
    ("LOCK TABLE first IN ACCESS EXCLUSIVE MODE", "UPDATE first SET note = 'c';\n", false),
    ("LOCK TABLE refinery_schema_history IN SHARE MODE", "CREATE TABLE more (id int);\n", false),
    ("LOCK TABLE pgrefit_migration IN SHARE MODE", "CREATE TABLE more (id int);\n", false),
];

fn blocked(held: &str, wanted: &str) -> (Database, Folder, Bystander) {
    let database = Database::new();
    let folder = Folder::new(&[FIRST]);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    folder.write("V2__more.sql", wanted);
    let mut bystander = Bystander::on(&database);
    bystander.sql(&format!("BEGIN; {held}"));
    (database, folder, bystander)
}

#[test]
fn a_bystander_that_keeps_its_lock_is_waited_for_within_the_budget() {
    for (held, wanted, is_strong) in IN_THE_WAY {
        let (database, folder, mut bystander) = blocked(held, wanted);
        let started = Instant::now();
        let ran = pgrefit(["migrate", "--lock-timeout", "200ms", "--lock-budget", "1s"])
            .inside(folder.path())
            .on(&database)
            .run();
        let took = started.elapsed();
        assert_eq!(ran.code, Some(75), "{held}: {}", ran.stderr);
        assert!(took > Duration::from_millis(600) && took < Duration::from_secs(8), "{held}: {took:?}");
        let who = format!("in the way: backend {}, pgrefit test", bystander.session.backend_pid());
        if *is_strong {
            ran.says(&["V2__more waits for a gap", "failed to find a gap for the locks of V2__more", &who]);
        } else {
            ran.says(&["a lock was not granted in time; trying again", "failed to get a lock in time"]);
        }
        bystander.sql("ROLLBACK");
        assert_eq!(database.history(), ["1:first"], "{held}");
        assert_eq!(database.value("SELECT note FROM first WHERE id = 1"), "a", "{held}");
        let left = "SELECT count(*) FROM pg_class WHERE relname = 'more'";
        assert_eq!(database.value(left), "0", "{held}");
    }
}

#[test]
fn a_bystander_that_lets_go_in_time_only_delays() {
    for (held, wanted, _) in IN_THE_WAY {
        let (database, folder, mut bystander) = blocked(held, wanted);
        let child = start(&database, &folder, &["--lock-timeout", "200ms"]);
        thread::sleep(Duration::from_millis(800));
        bystander.sql("ROLLBACK");
        let ran = finish(child);
        assert_eq!(ran.code, Some(0), "{held}: {}", ran.stderr);
        assert_eq!(database.history(), ["1:first", "2:more"], "{held}");
    }
}
