//! Through a real PgBouncer: in session mode as without one; in transaction mode refused, or with nothing set for a session.

use std::process::Child;
use std::time::Duration;

use pgrefit_pg::{Connector, Limits, Settings};

use crate::concurrency::{Bystander, finish, until};
use crate::harness::{Bouncer, Database, Folder, Pgrefit, pgrefit, wait};

const FILES: &[(&str, &str)] = &[
    (
        "V1__t.sql",
        "CREATE TABLE t (id int PRIMARY KEY, n int);\nINSERT INTO t SELECT i, 0 FROM generate_series(1, 5000) i;\n",
    ),
    ("V2__n.sql", "SET LOCAL search_path = public;\nALTER TABLE t ADD COLUMN c int;\n"),
    ("V3__i.sql", "CREATE INDEX CONCURRENTLY t_n ON t (n);\n-- pgrefit:backfill\nUPDATE t SET n = n + 1;\n"),
];

fn call(bouncer: &Bouncer, folder: &Folder, arguments: &[&str]) -> Pgrefit {
    let all = ["migrate"].iter().chain(arguments);
    pgrefit(all).inside(folder.path()).env("DATABASE_URL", bouncer.url())
}

#[track_caller]
fn assert_migrated(database: &Database) {
    assert_eq!(database.history(), ["1:t", "2:n", "3:i"]);
    assert_eq!(database.value("SELECT count(*) FROM t WHERE n = 1"), "5000", "every row once");
    assert_eq!(database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    until("no lock is left", Duration::from_secs(3), || database.value(locks) == "0");
}

#[test]
fn session_mode_is_like_none() {
    let (database, folder) = (Database::new(), Folder::new(FILES));
    let Some(bouncer) = Bouncer::start(&database, "session", 20) else { return };
    call(&bouncer, &folder, &[]).run().expect(0);
    assert_migrated(&database);
}

#[test]
fn transaction_mode_is_refused_with_a_hint() {
    let (database, folder) = (Database::new(), Folder::new(FILES));
    let Some(bouncer) = Bouncer::start(&database, "transaction", 20) else { return };
    let ran = call(&bouncer, &folder, &[]).run().expect(11);
    ran.says(&["a pooler in transaction mode", "connect to PostgreSQL itself", "--through-pooler"]);
    assert!(!database.has_table("t"));
}

/// The backends of the pool are as they were: nothing that pgrefit needs is left in them.
#[test]
fn through_a_pooler_nothing_is_set_for_a_session() {
    for pool_size in [20, 3] {
        let (database, folder) = (Database::new(), Folder::new(FILES));
        let Some(bouncer) = Bouncer::start(&database, "transaction", pool_size) else { return };
        call(&bouncer, &folder, &["--through-pooler"]).run().expect(0);
        assert_migrated(&database);
        // Through the pooler, which gives a backend that was used before.
        let set = "SELECT count(*) FROM pg_settings WHERE source = 'session' AND name ~ 'timeout|interval|keepalives'";
        assert_eq!(value_through(&bouncer, set), "0");
    }
}

/// What a query answers in a session that sets nothing itself.
pub(crate) fn value_through(bouncer: &Bouncer, sql: &str) -> String {
    let settings = Settings::resolve(Some(&bouncer.url()), &|_| None).unwrap();
    let connector = Connector::new(settings, "pgrefit test".to_owned(), Limits::default()).through_pooler();
    let rows = wait(async { connector.migrator().await.unwrap().simple(sql).await.unwrap() });
    rows.into_iter().flatten().flatten().next().unwrap_or_default()
}

#[test]
fn what_would_stay_in_a_backend_is_refused() {
    let check = |sql: &str| {
        let (database, folder) = (Database::new(), Folder::new(&[("V1__x.sql", sql)]));
        let Some(bouncer) = Bouncer::start(&database, "transaction", 20) else { return };
        let ran = call(&bouncer, &folder, &["--through-pooler"]).run().expect(11);
        ran.says(&["migrations/V1__x.sql:2:1", "outlive its transaction", "SET LOCAL"]);
    };
    check("SELECT 1;\nSET search_path = public;\n");
    check("SELECT 1;\nLISTEN x;\n");
    check("SELECT 1;\nPREPARE p AS SELECT 1;\n");
}

#[test]
fn ten_runners_through_a_pooler_apply_everything_once() {
    let (database, folder) = (Database::new(), Folder::new(FILES));
    let Some(bouncer) = Bouncer::start(&database, "transaction", 30) else { return };
    let children: Vec<Child> =
        (0..10).map(|_| call(&bouncer, &folder, &["--through-pooler"]).start()).collect();
    for child in children {
        finish(child).expect(0);
    }
    assert_migrated(&database);
}

/// The pooler gives the backend of a killed runner back, and its lock with it.
#[test]
fn a_runner_killed_behind_a_pooler_is_taken_over() {
    let (database, folder) = (Database::new(), Folder::new(FILES));
    let Some(bouncer) = Bouncer::start(&database, "transaction", 20) else { return };
    call(&bouncer, &folder, &["--through-pooler", "--target", "2"]).run().expect(0);
    let mut old = Bystander::on(&database);
    old.sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    let mut child = call(&bouncer, &folder, &["--through-pooler"]).start();
    until("the index waits", Duration::from_secs(20), || {
        let sql = "SELECT count(*) FROM pg_stat_progress_create_index \
                   WHERE datname = current_database() AND phase LIKE 'waiting%'";
        database.value(sql) == "1"
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let next = call(&bouncer, &folder, &["--through-pooler"]).start();
    std::thread::sleep(Duration::from_secs(1));
    old.sql("ROLLBACK");
    finish(next).expect(0);
    assert_migrated(&database);
}

#[test]
fn a_wait_behind_a_pooler_is_bounded_too() {
    let (database, folder) = (Database::new(), Folder::new(FILES));
    let Some(bouncer) = Bouncer::start(&database, "transaction", 20) else { return };
    call(&bouncer, &folder, &["--through-pooler", "--target", "2"]).run().expect(0);
    let mut old = Bystander::on(&database);
    old.sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    let ran = call(&bouncer, &folder, &["--through-pooler", "--lock-budget", "1500ms"]).run().expect(75);
    ran.says(&["it has waited for others", "in the way: backend"]);
    old.sql("ROLLBACK");
    call(&bouncer, &folder, &["--through-pooler"]).run().expect(0);
    assert_migrated(&database);
}
