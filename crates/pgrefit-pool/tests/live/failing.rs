//! What the pool says when there is no connection, and what it does with connections that died.

use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use pgrefit_pool::{CloseReason, Error, Metrics, Phase, Pool, PoolConfig, ToSql};
use tokio::net::TcpListener;

use super::place::{Place, adds_up, closed, pool, settings, until};

fn short(connections_max: usize) -> PoolConfig {
    PoolConfig { wait_timeout: Duration::from_millis(100), ..PoolConfig::named("test", connections_max) }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_in_vain_is_told_so() {
    let place = Place::one();
    let pool = place.pool(short(1));
    let connection = pool.get().await.expect("a connection");
    let error = pool.get().await.expect_err("it is in use");
    assert_eq!(
        error.to_string(),
        "failed to get a connection of pool \"test\" while waiting for one to come back: all 1 were in use for 100 ms, and 0 others wait"
    );
    assert!(error.is_timeout() && error.hint().is_some());
    assert_eq!(pool.metrics().timeouts(Phase::Wait).count(), 1);
    drop(connection);
    drop(pool.get().await.expect("free again"));
    adds_up(&pool).await;
}

/// Listens and never says anything.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = listener.local_addr().expect("an address").port();
    (listener, format!("postgres://u:secret@127.0.0.1:{port}/d?sslmode=disable"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_is_a_timeout_of_opening() {
    let (_listener, url) = silent().await;
    let pool = pool(&url, PoolConfig { create_timeout: Duration::from_millis(300), ..short(2) });
    let began = Instant::now();
    let error = pool.get().await.expect_err("no answer");
    assert!(error.is_timeout() && began.elapsed() < Duration::from_secs(2), "{error:?}");
    assert!(error.to_string().contains("while opening one"), "{error}");
    assert!(!format!("{error:?} {pool:?}").contains("secret"));
    assert_eq!(pool.metrics().timeouts(Phase::Create).count(), 1);
    assert_eq!(pool.metrics().connect_errors(None).count(), 1);
    assert_eq!(pool.status().used, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_given_up_while_opening_leaves_its_place() {
    let (_listener, url) = silent().await;
    let pool = pool(&url, short(1));
    for _ in 0..3 {
        tokio::time::timeout(Duration::from_millis(50), pool.get()).await.expect_err("no answer");
    }
    let error = tokio::time::timeout(Duration::from_millis(50), pool.get_within(Duration::ZERO)).await;
    assert!(error.is_err(), "it got as far as opening a connection, so there was a place");
    assert_eq!((pool.status().used, pool.status().waiting), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_waits_for_connections_that_are_being_opened() {
    let (_listener, url) = silent().await;
    let pool = pool(&url, PoolConfig { create_timeout: Duration::from_millis(300), ..short(1) });
    let mut opening = std::pin::pin!(pool.get());
    assert!(opening.as_mut().now_or_never().is_none());
    assert_eq!(pool.close(Duration::from_millis(20)).await, 1);
    let (closed, opened) = tokio::join!(pool.close(Duration::MAX), opening);
    assert_eq!(closed, 0);
    opened.expect_err("no answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_missing_costs_no_connection() {
    let place = Place::one();
    let pool = place.pool_of(1);
    let wrong: [(&str, &[&(dyn ToSql + Sync)]); 3] =
        [("SELECT 1 WHERE false", &[]), ("SELECT $1::int4", &[]), ("SELECT $1::int4", &[&"text"])];
    for _ in 0..10 {
        let connection = pool.get().await.expect("a connection");
        connection.query_one("SELECT $1::int4", &[&1]).await.expect("one, after which all is prepared");
        for (sql, params) in wrong {
            connection.query_one(sql, params).await.expect_err(sql);
        }
    }
    assert_eq!(pool.metrics().settled.count(), 0, "nothing is on its way");
    for _ in 0..10 {
        let connection = pool.get().await.expect("a connection");
        connection.query_one("SELECT generate_series(1, 9)", &[]).await.expect_err("too many");
    }
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_logins_are_counted_by_class() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE ROLE guest LOGIN PASSWORD 'right' CONNECTION LIMIT 1").await;
    let at = |login: &str, database: &str| {
        format!("postgres://{login}@127.0.0.1:{}/{database}", place.server.port())
    };
    let check = async |url: String, sqlstate: &str| {
        let pool = pool(&url, short(2));
        let error = pool.get().await.expect_err(sqlstate);
        assert_eq!(error.sqlstate(), Some(sqlstate), "{error:?}");
        assert!(matches!(error, Error::Create { .. }) && !format!("{error:?}").contains("wrong"));
        assert_eq!(pool.metrics().connect_errors(Some(sqlstate)).count(), 1);
        adds_up(&pool).await;
    };
    check(at("guest:wrong", "postgres"), "28P01").await;
    check(at("guest:right", "nowhere"), "3D000").await;
    let full = pool(&at("guest:right", "postgres"), short(2));
    let _only = full.get().await.expect("a connection");
    let error = full.get().await.expect_err("one too many");
    assert_eq!(error.sqlstate(), Some("53300"));
    assert_eq!(full.status().used, 1);
    let table = full.get().await;
    assert!(table.is_err(), "the place of a failed attempt is free, and fails again");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_privileges_are_the_users_business() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE ROLE guest LOGIN PASSWORD 'x'; CREATE TABLE public.t (id int)").await;
    let pool = pool(&format!("postgres://guest:x@127.0.0.1:{}/postgres", place.server.port()), short(1));
    let connection = pool.get().await.expect("a connection");
    let error = connection.query("SELECT * FROM public.t", &[]).await.expect_err("not permitted");
    assert_eq!(error.sqlstate(), Some("42501"));
    connection.query("SELECT 1", &[]).await.expect("the connection is good");
    drop(connection);
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn terminated_backends_are_not_handed_out() {
    for place in Place::all() {
        let mut observer = place.observer().await;
        let pool = place.pool_of(4);
        drop(futures_util::future::join_all((0..4).map(|_| pool.get())).await);
        let in_use = pool.get().await.expect("a connection");
        observer
            .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgrefit-pool test'")
            .await;
        let error = in_use.query("SELECT 1", &[]).await.expect_err("it is gone");
        assert_eq!(error.sqlstate(), Some("57P01"), "the server's last words are kept: {error:?}");
        drop(in_use);
        tokio::time::sleep(Duration::from_millis(50)).await;
        for _ in 0..8 {
            pool.get().await.expect("a connection").query("SELECT 1", &[]).await.expect("it lives");
        }
        adds_up(&pool).await;
        assert_eq!(closed(&pool), [(CloseReason::Broken, 4)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_is_survived() {
    let mut place = Place::one();
    let pool = place.pool(PoolConfig::named("test", 4));
    drop(futures_util::future::join_all((0..4).map(|_| pool.get())).await);
    let place = tokio::task::spawn_blocking(move || {
        place.server.restart().expect("restarted");
        place
    })
    .await
    .expect("no panic");
    until("the pool notices", || pool.status().open > 0).await;
    for _ in 0..8 {
        pool.get().await.expect("a connection").query("SELECT 1", &[]).await.expect("it lives");
    }
    adds_up(&pool).await;
    drop(place);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_the_server_is_no_fault_of_the_connection() {
    let place = Place::one();
    let pool = place.pool(PoolConfig { statement_timeout: Duration::from_millis(100), ..short(1) });
    let connection = pool.get().await.expect("a connection");
    let error = connection.query("SELECT pg_sleep(5)", &[]).await.expect_err("cancelled");
    assert_eq!(error.sqlstate(), Some("57014"));
    drop(connection);
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pools_of_a_name_cannot_live_together() {
    let place = Place::one();
    let metrics = Metrics::new().expect("metrics");
    let make = || Pool::new(settings(&place.url()), short(1), &metrics);
    let first = make().expect("a pool");
    assert!(matches!(make(), Err(Error::Metrics(_))));
    drop(first);
    until("the first is gone", || make().is_ok()).await;
}

#[test]
fn there_is_no_pool_outside_of_a_runtime() {
    let metrics = Metrics::new().expect("metrics");
    let made = Pool::new(settings("postgres://u:p@h/d"), short(1), &metrics);
    assert!(matches!(made, Err(Error::NoRuntime)));
}

#[test]
fn a_connection_may_outlive_its_runtime() {
    let place = Place::one();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (pool, clean, dirty) = runtime.block_on(async {
        let pool = place.pool_of(2);
        let (clean, dirty) = (pool.get().await.expect("one"), pool.get().await.expect("another"));
        let query = dirty.query("SELECT pg_catalog.pg_sleep(2)", &[]);
        tokio::time::timeout(Duration::from_millis(50), query).await.expect_err("it takes longer");
        (pool, clean, dirty)
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop((clean, dirty));
    assert_eq!((pool.status().used, pool.status().open), (0, 0), "{:?}", closed(&pool));
}
