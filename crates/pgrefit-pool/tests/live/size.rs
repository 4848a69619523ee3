//! How many connections there are: never more than may be, as many as must be, and what is said of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use pgrefit_pool::{CloseReason, Connection, Error, Phase, Pool, PoolConfig};

use super::place::{Place, adds_up, closed, until};

const QUICKLY: Duration = Duration::from_millis(50);

/// As many connections as the pool hands out at once, up to 20.
async fn handed_out(pool: &Pool) -> Vec<Connection> {
    let gets = (0..20).map(|_| pool.get_within(QUICKLY));
    futures_util::future::join_all(gets).await.into_iter().filter_map(Result::ok).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_resize_no_more_are_handed_out_than_the_new_number() {
    let place = Place::one();
    for open_before in [0, 2, 10] {
        let pool = place.pool_of(10);
        let before: Vec<_> = futures_util::future::join_all((0..open_before).map(|_| pool.get())).await;
        drop(before);
        pool.resize(5).expect("smaller");
        assert!(pool.status().open <= 5, "idle ones go at once: {:?}", pool.status());
        assert_eq!(handed_out(&pool).await.len(), 5, "with {open_before} open before");
        assert!(matches!(pool.resize(0), Err(Error::Config { .. })));
        pool.resize(7).expect("larger");
        assert_eq!(handed_out(&pool).await.len(), 7);
        pool.resize(15).expect("larger than ever");
        assert_eq!(handed_out(&pool).await.len(), 15);
        adds_up(&pool).await;
        pool.close(Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_in_use_stay_until_they_come_back() {
    let place = Place::one();
    let mut observer = place.observer().await;
    let pool = place.pool_of(10);
    let mut before = handed_out(&pool).await;
    pool.resize(4).expect("smaller");
    assert_eq!((before.len(), pool.status().used), (10, 10));
    for left in (4..10).rev() {
        drop(before.pop());
        assert!(pool.get_within(Duration::ZERO).await.is_err(), "{left} are still out");
    }
    drop(before.pop());
    let one = pool.get_within(QUICKLY).await.expect("three are out");
    drop(one);
    drop(before);
    adds_up(&pool).await;
    assert_eq!(closed(&pool), [(CloseReason::Resize, 6)]);
    let backends = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgrefit-pool test'";
    observer.time_until(backends, "4").await;
}

/// The most that are out at any moment of some 10 ms.
async fn most(out: &AtomicUsize) -> usize {
    let mut most = 0;
    for _ in 0..100 {
        most = most.max(out.load(Ordering::SeqCst));
        tokio::time::sleep(Duration::from_micros(100)).await;
    }
    most
}

/// Sixteen tasks work while the size changes all the time. Once the surplus of a change is back, there are never more out than the
/// new number.
#[tokio::test(flavor = "multi_thread")]
async fn sizes_may_change_under_load() {
    let place = Place::one();
    let pool = place.pool_of(8);
    let (stop, out) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let worker = || {
        let (pool, stop, out) = (pool.clone(), Arc::clone(&stop), Arc::clone(&out));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let connection = pool.get().await.expect("a connection");
                out.fetch_add(1, Ordering::SeqCst);
                connection.query("SELECT 1", &[]).await.expect("a row");
                out.fetch_sub(1, Ordering::SeqCst);
            }
        })
    };
    let workers: Vec<_> = (0..16).map(|_| worker()).collect();
    for size in [3, 8, 1, 12, 2, 5, 1, 4].into_iter().cycle().take(24) {
        pool.resize(size).expect("resized");
        tokio::time::sleep(Duration::from_millis(10)).await;
        until("the surplus is back", || pool.status().used <= size).await;
        let seen = most(&out).await;
        assert!(seen <= size && pool.status().open <= size, "{seen} of {size}: {:?}", pool.status());
    }
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.expect("no panic");
    }
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_in_a_pool_that_grows() {
    let place = Place::one();
    let pool = place.pool_of(10);
    let gets: Vec<_> = (0..10)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.get().await })
        })
        .collect();
    let mut most = 0;
    while !gets.iter().all(tokio::task::JoinHandle::is_finished) {
        most = most.max(pool.status().waiting);
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    assert_eq!(most, 0, "those who open a connection of their own do not wait for others");
    let eleventh = tokio::spawn({
        let pool = pool.clone();
        async move { pool.get().await.map(drop) }
    });
    until("the eleventh waits", || pool.status().waiting == 1).await;
    drop(futures_util::future::join_all(gets).await);
    eleventh.await.expect("no panic").expect("a connection");
    assert_eq!((pool.metrics().queue.count(), pool.metrics().wait.count()), (1, 11));
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_least_number_is_kept_open_and_the_rest_goes() {
    let place = Place::one();
    let mut observer = place.observer().await;
    let pool = place.pool(PoolConfig {
        connections_min: 3,
        idle_max: Duration::from_millis(200),
        ..PoolConfig::named("test", 6)
    });
    assert_eq!(pool.warm_up().await.expect("opened"), 3);
    assert_eq!(handed_out(&pool).await.len(), 6);
    assert_eq!(pool.status().open, 6);
    until("idle ones are closed", || pool.status().open == 3).await;
    assert_eq!(closed(&pool), [(CloseReason::Idle, 3)]);
    observer
        .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgrefit-pool test'")
        .await;
    until("they are noticed to be gone", || pool.metrics().closed(CloseReason::Broken).count() == 3).await;
    until("others are opened", || pool.status().open == 3).await;
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spare_connection_is_looked_at_like_any_other() {
    let place = Place::one();
    let mut observer = place.observer().await;
    let pool = place.pool(PoolConfig {
        connections_min: 2,
        check_after: Duration::ZERO,
        ..PoolConfig::named("test", 2)
    });
    assert_eq!(pool.warm_up().await.expect("opened"), 2);
    drop(pool.get().await.expect("a connection"));
    assert_eq!((pool.metrics().recycle.count(), pool.metrics().create.count()), (1, 2), "it was asked");
    observer
        .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgrefit-pool test'")
        .await;
    tokio::time::sleep(QUICKLY).await;
    let connection = pool.get().await.expect("a connection");
    connection.query("SELECT 1", &[]).await.expect("it lives");
    assert_eq!(closed(&pool), [(CloseReason::Broken, 2)]);
    drop(connection);
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_not_kept_for_ever() {
    let place = Place::one();
    let lifetime_max = Duration::from_millis(400);
    let pool =
        place.pool(PoolConfig { lifetime_max, lifetime_jitter_percent: 50, ..PoolConfig::named("test", 8) });
    let connections = handed_out(&pool).await;
    assert_eq!(connections.len(), 8);
    tokio::time::sleep(lifetime_max / 4).await;
    drop(connections);
    until("the idle ones are closed", || pool.status().open == 0).await;
    assert_eq!(closed(&pool), [(CloseReason::Lifetime, 8)]);
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_too_old_goes_when_it_comes_back() {
    let place = Place::one();
    let pool = place.pool(PoolConfig {
        lifetime_max: Duration::from_millis(100),
        lifetime_jitter_percent: 0,
        ..PoolConfig::named("test", 1)
    });
    let connection = pool.get().await.expect("a connection");
    tokio::time::sleep(Duration::from_millis(150)).await;
    connection.query("SELECT 1", &[]).await.expect("it is not cut off in use");
    drop(connection);
    assert_eq!(closed(&pool), [(CloseReason::Lifetime, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pool_sends_everybody_away() {
    let place = Place::one();
    let mut observer = place.observer().await;
    let pool = place.pool_of(2);
    let mut out = handed_out(&pool).await;
    assert_eq!(out.len(), 2);
    let waiter = tokio::spawn({
        let pool = pool.clone();
        async move { pool.get().await.map(drop) }
    });
    until("one waits", || pool.status().waiting == 1).await;
    drop(out.pop());
    waiter.await.expect("no panic").expect("served");
    let closing = tokio::spawn({
        let pool = pool.clone();
        async move { pool.close(Duration::from_millis(100)).await }
    });
    assert_eq!(closing.await.expect("no panic"), 1, "one is still in use");
    assert!(matches!(pool.get().await, Err(Error::Closed { .. })));
    out[0].query("SELECT 1", &[]).await.expect("who has one keeps it");
    drop(out);
    assert_eq!(pool.close(Duration::from_secs(1)).await, 0);
    assert_eq!(closed(&pool), [(CloseReason::Shutdown, 2)]);
    let backends = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgrefit-pool test'";
    observer.time_until(backends, "0").await;
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spare_connection_that_comes_too_late_is_closed() {
    let place = Place::one();
    let pool = place.pool(PoolConfig { connections_min: 1, ..PoolConfig::named("test", 1) });
    let mut warming = std::pin::pin!(pool.warm_up());
    assert!(warming.as_mut().now_or_never().is_none());
    assert_eq!(pool.close(Duration::ZERO).await, 1, "it is being opened");
    assert_eq!(warming.await.expect("opened"), 0);
    assert_eq!(closed(&pool), [(CloseReason::Shutdown, 1)]);
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_pool_leaves_no_connection() {
    let place = Place::one();
    let mut observer = place.observer().await;
    let pool = place.pool(PoolConfig { connections_min: 2, ..PoolConfig::named("test", 4) });
    pool.warm_up().await.expect("opened");
    let connection = pool.get().await.expect("a connection");
    drop(pool);
    connection.query("SELECT 1", &[]).await.expect("who has one keeps it");
    let backends = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgrefit-pool test'";
    observer.time_until(backends, "1").await;
    drop(connection);
    observer.time_until(backends, "0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_jobs_in_a_pool_of_their_own_do_not_stop_requests() {
    let place = Place::one();
    let requests = place.pool(PoolConfig::named("requests", 2));
    let jobs = place.pool(requests.config().bulkhead("jobs", 1, Duration::from_mins(5)));
    let job = jobs.get().await.expect("a connection");
    let timeouts: String = job
        .query_one("SELECT pg_catalog.current_setting('statement_timeout')", &[])
        .await
        .expect("a row")
        .get(0);
    assert_eq!(timeouts, "5min");
    assert!(jobs.get_within(Duration::ZERO).await.is_err());
    assert_eq!(handed_out(&requests).await.len(), 2);
    assert_eq!(requests.metrics().timeouts(Phase::Wait).count(), 18);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tasks_share_four_connections() {
    let place = Place::one();
    let pool =
        place.pool(PoolConfig { wait_timeout: Duration::from_mins(1), ..PoolConfig::named("test", 4) });
    let task = |value: i32| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for _ in 0..5 {
                let connection = pool.get().await.expect("a connection");
                let row = connection.query_one("SELECT $1::int4", &[&value]).await.expect("a row");
                assert_eq!(row.get::<_, i32>(0), value);
            }
        })
    };
    let tasks: Vec<_> = (0..1_000).map(task).collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    adds_up(&pool).await;
    let metrics = pool.metrics();
    assert_eq!((metrics.wait.count(), metrics.create.count(), closed(&pool).len()), (5_000, 4, 0));
}
