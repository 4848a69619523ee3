//! A change of the schema under prepared statements.

use pgrefit_pool::{Error, Retry};

use super::place::{Place, adds_up, closed};

#[tokio::test(flavor = "multi_thread")]
async fn added_columns_are_no_error_outside_of_transactions() {
    for place in Place::all() {
        let mut observer = place.observer().await;
        observer.run("CREATE TABLE public.t AS SELECT 1 AS id").await;
        let pool = place.pool_of(4);
        let select = "SELECT * FROM public.t WHERE id = $1";
        let mut columns = 1;
        for change in
            ["ADD COLUMN a text", "ADD COLUMN b int DEFAULT 7", "ALTER COLUMN b TYPE bigint", "DROP COLUMN a"]
        {
            let connections = futures_util::future::join_all((0..4).map(|_| pool.get())).await;
            for connection in &connections {
                let row = connection.as_ref().expect("a connection").query_one(select, &[&1]).await;
                assert_eq!(row.expect("a row").len(), columns, "before {change}");
            }
            observer.run(&format!("ALTER TABLE public.t {change}")).await;
            columns = observer.ask("SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.t'::regclass AND attnum > 0 AND NOT attisdropped").await.parse().expect("a number");
            for connection in &connections {
                let connection = connection.as_ref().expect("a connection");
                assert_eq!(
                    connection.query(select, &[&1]).await.expect("rows")[0].len(),
                    columns,
                    "after {change}"
                );
                assert!(connection.query_opt(select, &[&1]).await.expect("a row").is_some());
            }
        }
        assert_eq!(pool.metrics().replanned.count(), 16, "each connection once for each change");
        adds_up(&pool).await;
        assert_eq!(closed(&pool), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_transaction_the_whole_is_done_again() {
    let place = Place::one();
    let mut observer = place.observer().await;
    observer.run("SET lc_messages = 'C'; CREATE TABLE public.t AS SELECT 1 AS id").await;
    let pool = place.pool_of(1);
    let select = "SELECT * FROM public.t";
    pool.get().await.expect("a connection").query(select, &[]).await.expect("rows");
    observer.run("ALTER TABLE public.t ADD COLUMN a text").await;
    let mut connection = pool.get().await.expect("a connection");
    let transaction = connection.transaction().await.expect("begun");
    let error = transaction.query(select, &[]).await.expect_err("it cannot be run again there");
    assert!(matches!(error, Error::PlanChanged(_)) && error.hint().is_some(), "{error:?}");
    assert_eq!(error.sqlstate(), Some("0A000"));
    drop(transaction);
    drop(connection);
    observer.run("ALTER TABLE public.t ADD COLUMN b text").await;
    pool.get().await.expect("a connection").query(select, &[]).await.expect("rows");
    observer.run("ALTER TABLE public.t ADD COLUMN c text").await;
    let columns = pool
        .transaction(Retry::default(), |transaction| {
            Box::pin(async move {
                let rows = transaction.query(select, &[]).await?;
                Ok::<_, Error>(rows[0].len())
            })
        })
        .await
        .expect("the second attempt succeeds");
    assert_eq!(columns, 4);
    adds_up(&pool).await;
    assert_eq!(closed(&pool), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_errors_of_the_same_class_are_not_repeated() {
    let place = Place::one();
    let pool = place.pool_of(1);
    let connection = pool.get().await.expect("a connection");
    // Feature not supported, but not because of a plan.
    let error =
        connection.query("SELECT * FROM (SELECT 1 AS a) t FOR UPDATE OF nothing", &[]).await.expect_err("no");
    assert!(matches!(error, Error::Statement(_)), "{error:?}");
    let unsupported = "DO $$ BEGIN RAISE feature_not_supported; END $$";
    assert_eq!(connection.execute(unsupported, &[]).await.expect_err("raised").sqlstate(), Some("0A000"));
    assert_eq!(pool.metrics().replanned.count(), 0);
}
