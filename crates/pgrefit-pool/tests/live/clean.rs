//! What comes back dirty is never handed out; what is clean is kept.

use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use pgrefit_pool::{CloseReason, Pool};
use tokio::time::timeout;

use super::place::{Observer, Place, adds_up, closed, until};

const LOCKS: &str = "SELECT count(*) FROM pg_locks WHERE relation = 'public.t'::regclass";

const SLEEPING: &str = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()";

async fn with_table(place: &Place) -> Observer {
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.t (id int); INSERT INTO public.t SELECT generate_series(1, 100)").await;
    observer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_lock_is_released() {
    for place in Place::all() {
        let mut observer = with_table(&place).await;
        let pool = place.pool_of(2);
        let connection = pool.get().await.expect("a connection");
        connection.batch_execute("BEGIN; LOCK public.t IN ACCESS EXCLUSIVE MODE").await.expect("locked");
        assert_eq!(observer.ask(LOCKS).await, "1");
        drop(connection);
        let took = observer.time_until(LOCKS, "0").await;
        let login = place.time_of_login().await;
        assert!(took <= Duration::from_millis(100) + login, "{took:?} on {}, login {login:?}", place.major);
        let next = pool.get().await.expect("another one");
        next.query("SELECT count(*) FROM public.t", &[]).await.expect("free");
        drop(next);
        assert_eq!(closed(&pool), [(CloseReason::DirtyTransaction, 1)]);
        adds_up(&pool).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_transaction_is_not_handed_out() {
    let place = Place::one();
    let pool = place.pool_of(1);
    let connection = pool.get().await.expect("a connection");
    connection.batch_execute("BEGIN").await.expect("begun");
    connection.batch_execute("SELECT 1/0").await.expect_err("an error");
    drop(connection);
    let next = pool.get().await.expect("a connection");
    assert_eq!(next.query_one("SELECT 1", &[]).await.expect("clean").get::<_, i32>(0), 1);
    drop(next);
    assert_eq!(closed(&pool), [(CloseReason::DirtyTransaction, 1)]);
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_timeout_of_the_client_the_next_is_served_and_the_query_cancelled() {
    for place in Place::all() {
        let mut observer = place.observer().await;
        let pool = place.pool_of(1);
        let (mut served, mut cancelled, mut login) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..5 {
            login.push(place.time_of_login().await);
            let connection = pool.get().await.expect("a connection");
            let query = connection.query("SELECT pg_catalog.pg_sleep(2)", &[]);
            timeout(Duration::from_millis(100), query).await.expect_err("it takes longer");
            drop(connection);
            let dropped = Instant::now();
            let next = pool.get().await.expect("a connection");
            next.query_one("SELECT 1", &[]).await.expect("served");
            served.push(dropped.elapsed());
            observer.time_until(SLEEPING, "0").await;
            cancelled.push(dropped.elapsed());
        }
        for times in [&mut served, &mut cancelled, &mut login] {
            times.sort();
        }
        // Medians, and without what a login takes on a machine that is busy with other tests.
        let (served, cancelled, login) = (served[2], cancelled[2], login[2]);
        assert!(served < Duration::from_millis(100) + login, "served after {served:?}, login {login:?}");
        assert!(
            cancelled < Duration::from_millis(200) + login,
            "cancelled after {cancelled:?}, login {login:?}"
        );
        assert_eq!(closed(&pool), [(CloseReason::DirtyBusy, 5)]);
        until("the cancel requests are counted", || pool.metrics().cancels[0].count() == 5).await;
        adds_up(&pool).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn none_of_two_thousand_is_dirty_by_mistake() {
    for place in Place::all() {
        let pool = place.pool_of(4);
        for _ in 0..2_000 {
            let connection = pool.get().await.expect("a connection");
            // Prepares, runs, and drops the statement, whose Close is on its way when the connection comes back.
            let bare: &pgrefit_pool::tokio_postgres::Client = &connection;
            bare.query("SELECT $1::int4", &[&1]).await.expect("a row");
        }
        for _ in 0..2_000 {
            pool.get().await.expect("a connection").query("SELECT $1::int4", &[&1]).await.expect("a row");
        }
        assert_eq!(closed(&pool), []);
        assert_eq!((pool.metrics().settled.count(), pool.metrics().create.count()), (0, 1));
        adds_up(&pool).await;
    }
}

/// Eight tasks do the same; errors and rollbacks included, none of which costs a connection.
#[tokio::test(flavor = "multi_thread")]
async fn everyday_errors_cost_no_connection() {
    let place = Place::one();
    with_table(&place).await;
    let pool = place.pool_of(4);
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(everyday(pool.clone()))).collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
    assert!(pool.metrics().settled.count() >= 400, "{}", pool.metrics().settled.count());
}

async fn everyday(pool: Pool) {
    for round in 0..50 {
        let mut connection = pool.get().await.expect("a connection");
        connection.query("SELECT 1/0", &[]).await.expect_err("an error");
        connection.query("SELECT nonsense", &[]).await.expect_err("an error");
        let transaction = connection.transaction().await.expect("begun");
        transaction.execute("UPDATE public.t SET id = id WHERE id = $1", &[&round]).await.expect("updated");
        // Dropped: the rollback is on its way when the connection comes back.
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_not_even_sent_is_noticed() {
    let place = Place::one();
    let mut observer = with_table(&place).await;
    let pool = place.pool_of(1);
    for _ in 0..20 {
        let connection = pool.get().await.expect("a connection");
        {
            // Polled once, so that the request lies in the channel, and dropped in the same breath.
            let request =
                std::pin::pin!(connection.batch_execute("BEGIN; LOCK public.t IN ACCESS EXCLUSIVE MODE"));
            // On a busy machine it may be answered within the breath.
            let _ = request.now_or_never();
        }
        drop(connection);
        let next = pool.get().await.expect("a connection");
        let outside = "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'public.t'::regclass AND pid = pg_backend_pid())";
        assert!(next.query_one(outside, &[]).await.expect("clean").get::<_, bool>(0));
    }
    assert_eq!(closed(&pool), [(CloseReason::DirtyTransaction, 20)]);
    observer.time_until(LOCKS, "0").await;
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_followed_to_its_end() {
    use futures_util::SinkExt as _;
    let place = Place::one();
    let mut observer = with_table(&place).await;
    let pool = place.pool_of(1);
    for finishes in [true, false, true] {
        let connection = pool.get().await.expect("a connection");
        let sink = connection.copy_in::<_, &[u8]>("COPY public.t FROM STDIN").await.expect("a sink");
        let mut sink = std::pin::pin!(sink);
        sink.send(&b"7\n"[..]).await.expect("sent");
        if finishes {
            assert_eq!(sink.as_mut().finish().await.expect("copied"), 1);
        }
    }
    assert_eq!(
        pool.get().await.expect("a connection").query("TABLE public.t", &[]).await.expect("rows").len(),
        102
    );
    adds_up(&pool).await;
    assert_eq!(closed(&pool), [], "a COPY that is given up ends in time");
    assert_eq!(observer.ask("SELECT count(*) FROM public.t").await, "102");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_transaction_that_is_forgotten_is_noticed() {
    let place = Place::one();
    let mut observer = with_table(&place).await;
    let pool = place.pool_of(1);
    let connection = pool.get().await.expect("a connection");
    let bare: &pgrefit_pool::tokio_postgres::Client = &connection;
    bare.batch_execute("BEGIN; LOCK public.t IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    drop(connection);
    let took = observer.time_until(LOCKS, "0").await;
    assert!(took <= Duration::from_millis(100) + place.time_of_login().await, "{took:?}");
    adds_up(&pool).await;
    assert_eq!(closed(&pool), [(CloseReason::DirtyTransaction, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_of_one_connection_is_clean_at_its_end() {
    let place = Place::one();
    let pool = place.pool_of(1);
    let connection = pool.get().await.expect("a connection");
    let queries =
        (0..50).map(|value: i32| {
            let connection = &connection;
            async move {
                connection.query_one("SELECT $1::int4", &[&value]).await.expect("a row").get::<_, i32>(0)
            }
        });
    let answers = futures_util::future::join_all(queries).await;
    assert_eq!(answers, (0..50).collect::<Vec<_>>());
    drop(connection);
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}
