//! Doing again what failed for a reason that passes by itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pgrefit_pool::{Error, IsolationLevel, Retry, RetryOutcome};

use super::place::{Place, adds_up, closed};

const RETRY: Retry = Retry {
    attempts_max: 10,
    pause_first: Duration::from_millis(5),
    pause_max: Duration::from_millis(50),
    time_max: Duration::from_secs(10),
};

#[tokio::test(flavor = "multi_thread")]
async fn conflicting_transactions_all_succeed_in_the_end() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.account (id int PRIMARY KEY, amount int); INSERT INTO public.account VALUES (1, 0), (2, 0)").await;
    let pool = place.pool_of(4);
    let add = |first: i32, second: i32| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for _ in 0..4 {
                pool.transaction(RETRY, |transaction| {
                    Box::pin(async move {
                        for id in [first, second] {
                            transaction
                                .execute(
                                    "UPDATE public.account SET amount = amount + 1 WHERE id = $1",
                                    &[&id],
                                )
                                .await?;
                            transaction.query("SELECT pg_catalog.pg_sleep(0.002)", &[]).await?;
                        }
                        Ok::<_, Error>(())
                    })
                })
                .await
                .expect("it succeeds");
            }
        })
    };
    // In opposite orders: deadlocks, which the server ends after deadlock_timeout; fewer than the pool's budget of ten.
    observer.run("ALTER SYSTEM SET deadlock_timeout = '20ms'").await;
    observer.run("SELECT pg_reload_conf()").await;
    let tasks = [add(1, 2), add(2, 1)];
    for task in tasks {
        task.await.expect("no panic");
    }
    assert_eq!(observer.ask("SELECT string_agg(amount::text, ',') FROM public.account").await, "8,8");
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn serialization_failures_are_repeated_and_other_errors_are_not() {
    let place = Place::one();
    let pool = place.pool_of(2);
    let attempts = &*Box::leak(Box::new(AtomicUsize::new(0)));
    let fail = async |sqlstate: &'static str, times: usize| {
        attempts.store(0, Ordering::Relaxed);
        pool.transaction(RETRY, |transaction| {
            Box::pin(async move {
                if attempts.fetch_add(1, Ordering::Relaxed) < times {
                    let raise =
                        format!("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END $$");
                    transaction.batch_execute(&raise).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await
    };
    fail("40001", 3).await.expect("the fourth succeeds");
    assert_eq!(attempts.load(Ordering::Relaxed), 4);
    assert_eq!(fail("23505", 1).await.expect_err("at once").sqlstate(), Some("23505"));
    assert_eq!(attempts.load(Ordering::Relaxed), 1);
    // Ten retries in all are free, three are spent, and each piece of work earns a tenth.
    fail("40P01", 100).await.expect_err("after too many");
    let metrics = pool.metrics();
    assert_eq!(metrics.retries(RetryOutcome::Retried).count(), 10);
    assert_eq!(metrics.retries(RetryOutcome::OverBudget).count(), 1);
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_none_is_an_error() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.t (id int)").await;
    let pool = place.pool_of(1);
    let mut connection = pool.get().await.expect("a connection");
    let transaction = connection.transaction().await.expect("begun");
    transaction.execute("INSERT INTO public.t VALUES (1)", &[]).await.expect("inserted");
    transaction.query("SELECT 1/0", &[]).await.expect_err("an error that nobody looks at");
    assert!(matches!(transaction.commit().await, Err(Error::RolledBack)));
    let transaction = connection.transaction().await.expect("begun");
    transaction.execute("INSERT INTO public.t VALUES (2)", &[]).await.expect("inserted");
    transaction.commit().await.expect("committed");
    assert_eq!(observer.ask("SELECT string_agg(id::text, ',') FROM public.t").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_transaction_are_rolled_back_alone() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.t (id int)").await;
    let pool = place.pool_of(1);
    let mut connection = pool.get().await.expect("a connection");
    let mut transaction = connection
        .transaction_with(|builder| builder.isolation_level(IsolationLevel::Serializable))
        .await
        .expect("begun");
    transaction.execute("INSERT INTO public.t VALUES (1)", &[]).await.expect("inserted");
    let part = transaction.savepoint().await.expect("a part");
    part.execute("INSERT INTO public.t VALUES (2)", &[]).await.expect("inserted");
    part.query("SELECT 1/0", &[]).await.expect_err("an error");
    part.rollback().await.expect("rolled back");
    let part = transaction.savepoint().await.expect("a part");
    part.execute("INSERT INTO public.t VALUES (3)", &[]).await.expect("inserted");
    part.commit().await.expect("kept");
    transaction.commit().await.expect("committed");
    drop(connection);
    assert_eq!(observer.ask("SELECT string_agg(id::text, ',') FROM public.t").await, "1,3");
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_dropped_does_not_make_the_commit_an_error() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("CREATE TABLE public.t (id int)").await;
    let pool = place.pool_of(1);
    let mut connection = pool.get().await.expect("a connection");
    let mut transaction = connection.transaction().await.expect("begun");
    transaction.execute("INSERT INTO public.t VALUES (1)", &[]).await.expect("inserted");
    let mut part = transaction.savepoint().await.expect("a part");
    let smaller = part.savepoint().await.expect("a part of the part");
    smaller.query("SELECT 1/0", &[]).await.expect_err("an error");
    drop(smaller);
    part.execute("INSERT INTO public.t VALUES (2)", &[]).await.expect("inserted");
    part.commit().await.expect("kept");
    let part = transaction.savepoint().await.expect("a part");
    part.query("SELECT 1/0", &[]).await.expect_err("an error");
    drop(part);
    transaction.commit().await.expect("committed");
    drop(connection);
    assert_eq!(observer.ask("SELECT string_agg(id::text, ',') FROM public.t").await, "1,2");
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_no_reason_to_give_up() {
    let place = Place::one();
    let pool = place.pool_of(2);
    let attempts = &*Box::leak(Box::new(AtomicUsize::new(0)));
    let answer: i32 = pool
        .repeat(RETRY, |connection| {
            Box::pin(async move {
                if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
                    connection.query("SELECT pg_terminate_backend(pg_backend_pid())", &[]).await?;
                }
                Ok::<_, Error>(connection.query_one("SELECT 42", &[]).await?.get(0))
            })
        })
        .await
        .expect("the second attempt succeeds");
    assert_eq!((answer, attempts.load(Ordering::Relaxed)), (42, 2));
    adds_up(&pool).await;
}
