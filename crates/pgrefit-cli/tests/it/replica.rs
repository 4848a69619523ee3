//! With a streaming standby: nothing gets ahead of it by more than it may, and on the standby itself one can only look.

use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::concurrency::{finish, until};
use crate::harness::standby::{Standby, replicated};
use crate::harness::{Database, Folder, Pgrefit, pgrefit};

const SOON: Duration = Duration::from_secs(30);
const SETUP: &str = "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL);\n\
                     INSERT INTO t SELECT i, 0 FROM generate_series(1, 3000) i;\n";
/// Batches as small as they get, with pauses: the whole takes at least six seconds.
const BACKFILL: &str =
    "-- pgrefit:backfill batch=10 target=1ms pause=20ms max-lag=1s\nUPDATE t SET n = n + 1;\n";

/// A database at V1 and its standby; V2 is pending.
fn at_v1(pending: &str) -> (Standby, Database, Folder) {
    let ((standby, database), folder) = (replicated(), Folder::new(&[("V1__t.sql", SETUP)]));
    migrate(&database, &folder, &[]).run().expect(0);
    standby.catch_up(&database);
    folder.write("V2__x.sql", pending);
    (standby, database, folder)
}

fn migrate(database: &Database, folder: &Folder, arguments: &[&str]) -> Pgrefit {
    let all = ["migrate"].iter().chain(arguments);
    let lag_max = ("PGREFIT_MIGRATIONS_REPLICA_LAG_MAX", "1s");
    pgrefit(all).inside(folder.path()).env(lag_max.0, lag_max.1).on(database)
}

fn cursor(database: &Database) -> String {
    if !database.has_table("pgrefit_step") {
        return String::new();
    }
    database.value("SELECT cursor FROM pgrefit_step WHERE version = 2")
}

#[track_caller]
fn finish_backfill(database: &Database, standby: &Standby, child: Child) -> String {
    let ran = finish(child).expect(0);
    assert_eq!(database.value("SELECT count(*) FROM t WHERE n <> 1"), "0", "every row once");
    standby.catch_up(database);
    assert_eq!(standby.value("SELECT count(*) FROM t WHERE n = 1"), "3000", "on the standby, too");
    ran.stderr
}

#[test]
fn a_backfill_waits_for_a_standby_that_does_not_replay() {
    let (standby, database, folder) = at_v1(BACKFILL);
    let child = migrate(&database, &folder, &[]).start();
    until("batches are done", SOON, || !cursor(&database).is_empty());
    standby.pause();
    // Its lag has to come to a second first.
    sleep(Duration::from_millis(2500));
    let stopped = cursor(&database);
    sleep(Duration::from_secs(1));
    assert_eq!(cursor(&database), stopped, "batches stop");
    assert_eq!(database.history(), ["1:t"]);
    standby.resume();
    let said = finish_backfill(&database, &standby, child);
    assert!(said.contains("V2__x waits for a replica that is"), "{said}");
}

/// The time that passes until the standby has replayed what the primary has written by now.
fn lag(database: &Database, standby: &Standby) -> Duration {
    let end = database.value("SELECT pg_current_wal_lsn()");
    let start = Instant::now();
    let sql = format!("SELECT pg_last_wal_replay_lsn() >= '{end}'");
    until("the standby replays", SOON, || standby.value(&sql) == "t");
    start.elapsed()
}

#[test]
fn a_backfill_does_not_get_ahead_of_a_standby_that_replays() {
    let (standby, database, folder) = at_v1(BACKFILL);
    let mut child = migrate(&database, &folder, &[]).start();
    let mut lags = Vec::new();
    while child.try_wait().unwrap().is_none() {
        lags.push(lag(&database, &standby));
        sleep(Duration::from_millis(100));
    }
    finish_backfill(&database, &standby, child);
    assert!(lags.len() > 10, "{lags:?}");
    assert!(lags.iter().all(|lag| *lag < Duration::from_secs(1)), "{lags:?}");
}

/// Replay is paused before the runner starts: it has not seen the standby keep up.
#[test]
fn a_strong_lock_waits_for_a_standby_that_does_not_replay() {
    let (standby, database, folder) = at_v1("ALTER TABLE t ADD COLUMN x int;\n");
    standby.pause();
    database.sql("UPDATE t SET n = 0 WHERE id = 1");
    sleep(Duration::from_secs(2));
    let ran = migrate(&database, &folder, &["--lock-budget", "3s"]).run().expect(75);
    ran.says(&["V2__x waits for a replica that is", "failed to apply V2__x: a replica is", "s behind"]);
    assert_eq!(database.history(), ["1:t"]);
    let columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'x'";
    assert_eq!(database.value(columns), "0");
    standby.resume();
    standby.catch_up(&database);
    migrate(&database, &folder, &[]).run().expect(0);
    standby.catch_up(&database);
    assert_eq!(standby.value(columns), "1");
}

#[test]
fn a_standby_can_be_looked_at_and_not_be_migrated() {
    let (standby, database, folder) = at_v1("ALTER TABLE t ADD COLUMN x int;\n");
    let call = |arguments: &[&str]| {
        let call = pgrefit(arguments).inside(folder.path()).env("DATABASE_URL", standby.url());
        call.secret(&database.password()).run()
    };
    let look = ["1 migration is pending; the database is at V1"];
    call(&["status"]).expect(0).shows(&look);
    call(&["migrate"]).expect(75).says(&["standby"]);
    call(&["tune", "indexes", "--top", "0", "--copy", &database.url()])
        .expect(11)
        .says(&["may be the primary"]);
    assert_eq!(database.history(), ["1:t"]);
    call(&["status"]).expect(0).shows(&look);
}
