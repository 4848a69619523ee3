//! What a user leaves in a session does not reach the next one; what the pool set stays.

use std::time::Duration;

use pgrefit_pool::{Connection, Pool, PoolConfig};

use super::place::{Place, adds_up, closed, until};

async fn show(connection: &Connection, setting: &str) -> String {
    let sql = format!("SELECT pg_catalog.current_setting('{setting}')");
    connection.query_one(&sql, &[]).await.expect("a setting").get(0)
}

async fn pid(pool: &Pool) -> i32 {
    let connection = pool.get().await.expect("a connection");
    connection.query_one("SELECT pg_catalog.pg_backend_pid()", &[]).await.expect("a pid").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_begin_with_the_settings_of_the_pool_and_return_to_them() {
    for place in Place::all() {
        let pool = place.pool(PoolConfig {
            statement_timeout: Duration::from_millis(1_500),
            lock_timeout: Duration::from_millis(700),
            application_name: Some("my app".to_owned()),
            ..PoolConfig::named("test", 1)
        });
        let expected = [
            ("statement_timeout", "1500ms"),
            ("idle_in_transaction_session_timeout", "1min"),
            ("lock_timeout", "700ms"),
            ("application_name", "my app"),
        ];
        let first = pid(&pool).await;
        let connection = pool.get().await.expect("a connection");
        for (setting, value) in expected {
            assert_eq!(show(&connection, setting).await, value, "{setting}");
        }
        connection
            .batch_execute("SET statement_timeout = 0; SET search_path = nowhere; SET ROLE pg_monitor")
            .await
            .expect("set");
        drop(connection);
        until("it is reset", || pool.status().used == 0).await;
        let connection = pool.get().await.expect("a connection");
        for (setting, value) in expected {
            assert_eq!(show(&connection, setting).await, value, "{setting}");
        }
        assert_eq!(show(&connection, "role").await, "none");
        assert_eq!(show(&connection, "search_path").await, "\"$user\", public");
        drop(connection);
        assert_eq!(pid(&pool).await, first, "the connection was kept");
        assert_eq!(pool.metrics().resets[0].count(), 1);
        adds_up(&pool).await;
    }
}

/// Runs the SQL in one use of the only connection; the query must answer true in the next, on the same backend.
async fn check(pool: &Pool, sql: &str, query: &str) {
    let before = pid(pool).await;
    pool.get().await.expect("a connection").batch_execute(sql).await.expect(sql);
    let connection = pool.get().await.expect("a connection");
    let clean: bool = connection.query_one(query, &[]).await.expect(query).get(0);
    assert!(clean, "{sql}: {query}");
    drop(connection);
    assert_eq!(pid(pool).await, before, "{sql} cost a connection: {:?}", closed(pool));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_has_is_taken_from_it() {
    for place in Place::all() {
        let pool = place.pool_of(1);
        check(&pool, "LISTEN news", "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_listening_channels())")
            .await;
        let cursor = "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 9); COMMIT";
        check(&pool, cursor, "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE name = 'c')").await;
        let gone = "SELECT pg_catalog.to_regclass('pg_temp.mine') IS NULL";
        for made in [
            "CREATE TEMP TABLE mine (id int)",
            "CREATE TEMP TABLE mine AS SELECT 1 AS id",
            "CREATE TEMP TABLE mine AS SELECT 1 AS id WHERE false",
            "CREATE TEMP TABLE mine AS SELECT 1 AS id WITH NO DATA",
            "SELECT 1 AS id INTO TEMP mine",
        ] {
            check(&pool, made, gone).await;
        }
        pool.get()
            .await
            .expect("a connection")
            .execute("CREATE TEMP TABLE mine AS SELECT 1 AS id", &[])
            .await
            .expect("made");
        check(&pool, "SELECT 1", gone).await;
        let named = "PREPARE mine AS SELECT 1";
        let none = "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE name = 'mine')";
        check(&pool, named, none).await;
        check(
            &pool,
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "SELECT pg_catalog.current_setting('transaction_read_only') = 'off'",
        )
        .await;
        assert_eq!(pool.metrics().resets[1].count(), 0);
        adds_up(&pool).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_were_discarded_are_prepared_again() {
    let place = Place::one();
    let pool = place.pool_of(1);
    let connection = pool.get().await.expect("a connection");
    for discard in ["DISCARD ALL", "DEALLOCATE ALL"] {
        connection.query_one("SELECT 41 + 1", &[]).await.expect("a row");
        connection.batch_execute(discard).await.expect("discarded");
        connection.query_one("SELECT 41 + 1", &[]).await.expect(discard);
    }
    assert_eq!(pool.metrics().prepared.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_does_not_hide_that_statements_were_discarded() {
    let place = Place::one();
    let pool = place.pool_of(1);
    for discard in ["DISCARD ALL", "DEALLOCATE ALL", "PREPARE mine AS SELECT 1"] {
        let connection = pool.get().await.expect("a connection");
        connection.query_one("SELECT 41 + 1", &[]).await.expect("a row");
        connection.batch_execute(discard).await.expect("discarded");
        connection.batch_execute("SET work_mem = '1MB'").await.expect("set");
        drop(connection);
        let connection = pool.get().await.expect("a connection");
        connection.query_one("SELECT 41 + 1", &[]).await.expect(discard);
    }
    adds_up(&pool).await;
    assert_eq!((pool.metrics().resets[0].count(), closed(&pool)), (3, vec![]));
}

/// Types that are not built in are looked up by statements that tokio-postgres keeps for ever.
#[tokio::test(flavor = "multi_thread")]
async fn types_are_looked_up_whatever_was_deallocated() {
    let place = Place::one();
    place
        .observer()
        .await
        .run("CREATE TYPE a AS ENUM ('x'); CREATE TYPE b AS ENUM ('x'); CREATE TYPE c AS ENUM ('x')")
        .await;
    let pool = place.pool_of(1);
    pool.get().await.expect("a connection").query("SELECT 'x'::a", &[]).await.expect("looked up");
    let named = "PREPARE \"my own\" AS SELECT 1";
    check(&pool, named, "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql)")
        .await;
    pool.get().await.expect("a connection").query("SELECT 'x'::b", &[]).await.expect("looked up");
    assert_eq!(closed(&pool), [], "what was prepared by name costs no connection");
    pool.get().await.expect("a connection").batch_execute("DISCARD ALL").await.expect("discarded");
    pool.get().await.expect("a connection").query("SELECT 'x'::c", &[]).await.expect("looked up");
    assert_eq!(closed(&pool), [(pgrefit_pool::CloseReason::RecycleFailed, 1)]);
    adds_up(&pool).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_functions_leave_is_reset_if_that_is_asked_for() {
    let place = Place::one();
    let pool = place.pool(PoolConfig { reset_on_return: true, ..PoolConfig::named("test", 1) });
    let tenant = "SELECT set_config('app.tenant', '42', false), pg_advisory_lock(7)";
    let none = "SELECT coalesce(current_setting('app.tenant', true), '') = '' \
                AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())";
    check(&pool, tenant, none).await;
    check(&pool, "DO $$ BEGIN SET app.tenant = '42'; EXECUTE 'PREPARE mine AS SELECT 1'; END $$", none).await;
    adds_up(&pool).await;
    assert_eq!(pool.metrics().resets[0].count(), pool.metrics().hold.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_prepared_statements_is_bounded() {
    let place = Place::one();
    let pool = place.pool(PoolConfig { statements_max: 3, ..PoolConfig::named("test", 1) });
    let connection = pool.get().await.expect("a connection");
    for round in 0..10 {
        connection.query_one("SELECT 'often'", &[]).await.expect("a row");
        connection.query_one(&format!("SELECT {round}"), &[]).await.expect("a row");
    }
    let metrics = pool.metrics();
    assert_eq!(connection.statements_cached(), 3);
    assert_eq!(
        (metrics.prepared.count(), metrics.evicted.count()),
        (11, 8),
        "the one that is used often stays"
    );
    let on_server = "SELECT count(*) FROM pg_catalog.pg_prepared_statements";
    let bare: &pgrefit_pool::tokio_postgres::Client = &connection;
    let count: i64 = bare.query_typed(on_server, &[]).await.expect("a count")[0].get(0);
    assert_eq!(count, 3, "what is evicted is closed on the server");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_cannot_be_reset_is_closed() {
    let place = Place::one();
    let pool = place
        .pool(PoolConfig { recycle_timeout: Duration::from_millis(100), ..PoolConfig::named("test", 1) });
    let mut observer = place.observer().await;
    let connection = pool.get().await.expect("a connection");
    connection.batch_execute("CREATE TEMP TABLE mine (id int)").await.expect("made");
    let schema: String = connection
        .query_one("SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'mine'", &[])
        .await
        .expect("a schema")
        .get(0);
    // Somebody holds a lock on the temporary table, which DISCARD TEMP has to wait for.
    observer.run(&format!("BEGIN; LOCK {schema}.mine IN ACCESS EXCLUSIVE MODE")).await;
    drop(connection);
    pool.get().await.expect("another connection").query("SELECT 1", &[]).await.expect("a row");
    assert_eq!(closed(&pool), [(pgrefit_pool::CloseReason::RecycleFailed, 1)]);
    assert_eq!(pool.metrics().resets[1].count(), 1);
    assert_eq!(pool.metrics().timeouts(pgrefit_pool::Phase::Recycle).count(), 1);
    observer.run("ROLLBACK").await;
    adds_up(&pool).await;
}
