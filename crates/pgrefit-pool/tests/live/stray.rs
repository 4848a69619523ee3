//! Requests and answers that go astray: what was given to the bare client and forgotten, a COPY that is answered twice.

use std::time::Duration;

use futures_util::FutureExt as _;
use pgrefit_pool::tokio_postgres::Client;
use pgrefit_pool::{CloseReason, Connection, Pool, PoolConfig};
use tokio::sync::oneshot;

use super::place::{Place, adds_up, closed, until};

/// Gives the bare client a request, forgets it, and computes: the task that sends the request has its turn on this thread, after that.
async fn forget_and_compute(pool: Pool, is_back: oneshot::Sender<()>) {
    let connection = pool.get().await.expect("a connection");
    let bare: &Client = &connection;
    assert!(bare.simple_query("BEGIN; LOCK public.t").now_or_never().is_none());
    drop(connection);
    is_back.send(()).expect("somebody waits");
    std::thread::sleep(Duration::from_millis(20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bare_client_was_given_and_not_even_sent_is_noticed() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.t (id int)").await;
    let pool = place.pool_of(1);
    for _ in 0..5 {
        let (is_back, back) = oneshot::channel();
        let computing = tokio::spawn(forget_and_compute(pool.clone(), is_back));
        back.await.expect("it is back");
        let next = pool.get().await.expect("a connection");
        next.batch_execute("INSERT INTO public.t VALUES (1)").await.expect("inserted");
        drop(next);
        computing.await.expect("no panic");
    }
    assert_eq!(observer.ask("SELECT count(*) FROM public.t").await, "5", "what was acknowledged is there");
    adds_up(&pool).await;
    // Some as in a transaction, some as busy, if another thread came to send the request in time.
    assert_eq!(pool.metrics().closed_in_all(), 5, "{:?}", closed(&pool));
}

/// Nobody may ask for the connection for long.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_nobody_waited_for_is_released_by_the_next_sweep() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.t (id int)").await;
    let pool = place.pool_of(1);
    let (is_back, back) = oneshot::channel();
    let computing = tokio::spawn(forget_and_compute(pool.clone(), is_back));
    back.await.expect("it is back");
    computing.await.expect("no panic");
    until("it is swept", || pool.resize(1).is_ok_and(|()| pool.status().open == 0)).await;
    observer.time_until("SELECT count(*) FROM pg_locks WHERE relation = 'public.t'::regclass", "0").await;
}

/// And the other connections are still trusted.
#[tokio::test]
async fn a_bare_statement_that_runs_is_not_waited_out() {
    let place = Place::one();
    let config = PoolConfig { recycle_timeout: Duration::from_millis(300), ..PoolConfig::named("test", 1) };
    let pool = place.pool(config);
    let connection = pool.get().await.expect("a connection");
    let bare: &Client = &connection;
    assert!(bare.simple_query("SELECT pg_catalog.pg_sleep(9)").now_or_never().is_none());
    drop(connection);
    pool.get().await.expect("another connection").query("SELECT 1", &[]).await.expect("a row");
    assert_eq!(closed(&pool), [(CloseReason::DirtyBusy, 1)]);
    adds_up(&pool).await;
}

/// What an earlier user left to do is a wait of the next one, not a use.
#[tokio::test]
async fn a_check_counts_as_waiting() {
    let place = Place::one();
    let pool = place.pool_of(1);
    let connection = pool.get().await.expect("a connection");
    let bare: &Client = &connection;
    assert!(bare.simple_query("SELECT pg_catalog.pg_sleep(0.2)").now_or_never().is_none());
    drop(connection);
    let before = pool.metrics().wait.sum();
    drop(pool.get().await.expect("the same connection"));
    let waited = pool.metrics().wait.sum() - before;
    assert!(waited >= 0.2, "{waited} s");
    assert_eq!(closed(&pool), []);
    adds_up(&pool).await;
}

async fn copy_in(connection: &Connection, sql: &str) {
    let refused = connection.copy_in::<_, &[u8]>(sql).await;
    // The second kind of refusal comes after the server has said that it takes data.
    if let Ok(sink) = refused {
        std::pin::pin!(sink).finish().await.expect_err(sql);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_refused_does_not_answer_the_next_user() {
    let place = Place::one();
    let mut observer = place.observer().await;
    let tables = "CREATE TABLE public.t (id int); CREATE VIEW public.v AS TABLE public.t; INSERT INTO public.t VALUES (1)";
    observer.run(tables).await;
    let pool = place.pool_of(1);
    let begun = "SET default_transaction_read_only = on";
    for (before, sql) in [("SELECT 1", "COPY public.v FROM STDIN"), (begun, "COPY public.t FROM STDIN")] {
        for _ in 0..4 {
            let connection = pool.get().await.expect("a connection");
            connection.batch_execute(before).await.expect("as it is to be");
            copy_in(&connection, sql).await;
            drop(connection);
            let next = pool.get().await.expect("a connection");
            next.batch_execute("SELECT 1 / id FROM public.t").await.expect("one");
            next.batch_execute("SELECT 1 / 0").await.expect_err("this answer, not the one before");
        }
    }
    adds_up(&pool).await;
    // Where the second answer came before anybody asked again, tokio-postgres has ended the connection itself.
    assert_eq!(pool.metrics().closed_in_all(), 8, "{:?}", closed(&pool));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_refused_does_not_answer_the_commit() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.t (id int); CREATE VIEW public.v AS TABLE public.t").await;
    let pool = place.pool_of(1);
    let refused =
        ["COPY public.nothing FROM STDIN", "COPY public.v FROM STDIN", "COPY public.t FROM STDIN (FREEZE)"];
    for sql in refused.into_iter().cycle().take(6) {
        let mut connection = pool.get().await.expect("a connection");
        let transaction = connection.transaction().await.expect("begun");
        transaction.execute("INSERT INTO public.t VALUES (1)", &[]).await.expect("inserted");
        let refused = transaction.bare().copy_in::<_, &[u8]>(sql).await;
        if let Ok(sink) = refused {
            std::pin::pin!(sink).finish().await.expect_err(sql);
        }
        transaction.commit().await.expect_err("nothing is committed");
        drop(connection);
    }
    assert_eq!(observer.ask("SELECT count(*) FROM public.t").await, "0");
    adds_up(&pool).await;
}
