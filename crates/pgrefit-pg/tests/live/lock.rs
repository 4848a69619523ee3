//! The runner lock: one at a time, known by name, gone with its session.

use std::time::{Duration, Instant};

use pgrefit_pg::{Error, LockHolder, RUNNER_LOCK_KEY, RunnerLock};

use super::place::{Place, ask};

const NOW: Duration = Duration::ZERO;

/// On a task of its own, as runs are.
async fn acquire(place: &Place, wait: Duration) -> Result<RunnerLock, Error> {
    let connector = place.connector();
    tokio::spawn(async move { RunnerLock::acquire(&connector, wait, |_| {}).await }).await.expect("no panic")
}

#[tokio::test]
async fn the_key_is_what_it_says() {
    let place = Place::new();
    let sql = "SELECT ('x' || left(encode(sha256('pgrefit runner'), 'hex'), 16))::bit(64)::bigint";
    assert_eq!(ask(&mut place.migrator().await, sql).await, RUNNER_LOCK_KEY.to_string());
}

#[tokio::test]
async fn the_second_learns_who_is_first() {
    let place = Place::new();
    let first = acquire(&place, NOW).await.expect("free");
    let mut heard: Vec<LockHolder> = Vec::new();
    let second = RunnerLock::acquire(&place.connector(), Duration::from_millis(300), |holder| {
        heard.extend(holder.cloned());
    })
    .await;
    let error = second.expect_err("held");
    let Error::RunnerLockHeld { holder: Some(holder), waited } = &error else { panic!("{error:?}") };
    assert_eq!(holder.application_name.as_deref(), Some("pgrefit/test"));
    assert!(holder.user.is_some() && holder.since.is_some(), "{holder:?}");
    assert!(*waited >= Duration::from_millis(300) && *waited < Duration::from_secs(2), "{waited:?}");
    assert_eq!(heard, [(**holder).clone()]);
    assert!(first.check().await.is_ok() && error.is_retryable());
    first.release().await.expect("released");
    acquire(&place, NOW).await.expect("free again");
}

#[tokio::test]
async fn it_is_had_soon_after_it_is_free() {
    let place = Place::new();
    let first = acquire(&place, NOW).await.expect("free");
    let free = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(first);
    };
    let started = Instant::now();
    let (second, ()) = tokio::join!(acquire(&place, Duration::from_secs(20)), free);
    second.expect("free in time").check().await.expect("held");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[tokio::test]
async fn neither_holder_nor_waiter_blocks_concurrent_index_builds() {
    let place = Place::new();
    let lock = acquire(&place, NOW).await.expect("free");
    let mut worker = place.migrator().await;
    worker.batch("CREATE TABLE t (a int)").await.expect("made");
    let build = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let started = Instant::now();
        worker.batch("CREATE INDEX CONCURRENTLY i ON t (a)").await.expect("built");
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        ask(&mut worker, "SELECT count(backend_xmin) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'").await
    };
    let (waiter, snapshots) = tokio::join!(acquire(&place, Duration::from_millis(1500)), build);
    assert!(matches!(waiter, Err(Error::RunnerLockHeld { .. })));
    assert_eq!(snapshots, "0");
    assert!(lock.check().await.is_ok());
}

#[tokio::test]
async fn its_loss_is_noticed() {
    let place = Place::new();
    let lock = acquire(&place, NOW).await.expect("free");
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'";
    assert_eq!(ask(&mut place.migrator().await, kill).await, "1");
    let error = lock.check().await.expect_err("lost");
    assert!(matches!(error, Error::Lost { .. }), "{error:?}");
    assert!(lock.check().await.is_err());
    acquire(&place, Duration::from_secs(1)).await.expect("free again").release().await.expect("released");
}

#[tokio::test]
async fn no_time_limit_of_the_server_ends_it() {
    let place = Place::with(&[
        ("idle_in_transaction_session_timeout", "200ms"),
        ("transaction_timeout", "200ms"),
        ("idle_session_timeout", "200ms"),
    ]);
    let lock = acquire(&place, NOW).await.expect("free");
    tokio::time::sleep(Duration::from_millis(800)).await;
    lock.check().await.expect("still held");
}
