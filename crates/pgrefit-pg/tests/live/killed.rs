//! A run that is killed: the server notices at once, and its locks are free. The run is this test binary again.

use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::place::{Place, ask, connector};

const URL: &str = "PGREFIT_PG_TEST_URL";

#[tokio::test]
#[ignore = "run by another test, as a process of its own"]
async fn role() {
    let Ok(url) = env::var(URL) else { return };
    let mut migrator = connector(&url).migrator().await.expect("connected");
    migrator.batch("BEGIN; LOCK TABLE t; SELECT pg_sleep(15)").await.expect("killed before it ends");
}

#[tokio::test]
async fn its_locks_are_free_within_a_second() {
    let place = Place::new();
    let mut watcher = place.migrator().await;
    watcher.batch("CREATE TABLE t (a int)").await.expect("made");
    let mut command = Command::new(env::current_exe().expect("this binary"));
    command.args(["--exact", "killed::role", "--ignored"]).env(URL, place.url()).stdout(Stdio::null());
    let mut run = command.spawn().expect("it runs");
    wait_for(&mut watcher, "1").await;
    run.kill().expect("killed");
    run.wait().expect("ended");
    let started = Instant::now();
    wait_for(&mut watcher, "0").await;
    // The interval of the check, and some.
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

/// Waits until so many sessions hold the lock.
async fn wait_for(watcher: &mut pgrefit_pg::Migrator, count: &str) {
    let sql = "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND mode = 'AccessExclusiveLock'";
    for _ in 0..500 {
        if ask(watcher, sql).await == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never {count} locks");
}
