//! Read-only sessions: what they refuse, what they see, how they end.

use std::time::Duration;

use pgrefit_pg::types::Type;
use pgrefit_pg::{Connector, Error, Limits, Settings};

use super::place::{Place, connector};

#[tokio::test]
async fn the_server_refuses_writes() {
    let place = Place::new();
    place.migrator().await.batch("CREATE TABLE t (a int)").await.expect("made");
    let mut session = place.connector().read_only().await.expect("connected");
    for sql in [
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE u ()",
        "CREATE INDEX ON t (a)",
        "DROP TABLE t",
        "SELECT nextval('s')",
    ] {
        let error = session.query(sql, &[]).await.expect_err(sql);
        let refused =
            error.server().is_some_and(|server| ["25006", "42P01"].contains(&server.sqlstate.as_str()));
        assert!(refused, "{sql}: {error:?}");
        let snapshot = session.snapshot().await.expect("a snapshot");
        assert!(snapshot.query(sql, &[]).await.is_err(), "{sql}");
    }
    assert_eq!(session.query("SELECT 1 FROM t", &[]).await.expect("still usable").len(), 0);
}

#[tokio::test]
async fn a_snapshot_is_one_moment() {
    let place = Place::new();
    let mut writer = place.migrator().await;
    writer.batch("CREATE TABLE t (a int)").await.expect("made");
    let mut session = place.connector().read_only().await.expect("connected");
    let snapshot = session.snapshot().await.expect("a snapshot");
    assert_eq!(snapshot.query("SELECT FROM t", &[]).await.expect("read").len(), 0);
    writer.batch("INSERT INTO t VALUES (1)").await.expect("written");
    assert_eq!(snapshot.query("SELECT FROM t", &[]).await.expect("read").len(), 0);
    drop(snapshot);
    assert_eq!(
        session.query("SELECT FROM t WHERE a = $1", &[(&1_i32, Type::INT4)]).await.expect("read").len(),
        1
    );
}

#[tokio::test]
async fn limits_are_the_servers() {
    let place = Place::new();
    let settings = Settings::resolve(Some(&place.url()), &|_| None).expect("valid");
    let limits = Limits { statement: Duration::from_millis(100), ..Limits::default() };
    let session =
        Connector::new(settings, "pgrefit/test".to_owned(), limits).read_only().await.expect("connected");
    let error = session.query("SELECT pg_sleep(5)", &[]).await.expect_err("too long");
    assert!(matches!(error, Error::Cancelled(_)), "{error:?}");
    let mut writer = place.migrator().await;
    writer.batch("CREATE TABLE t (a int)").await.expect("made");
    writer.batch("BEGIN; LOCK TABLE t").await.expect("locked");
    let error = session.query("SELECT FROM t", &[]).await.expect_err("locked");
    assert!(matches!(error, Error::LockTimeout(_) | Error::Cancelled(_)), "{error:?}");
}

#[tokio::test]
async fn a_missing_privilege_is_named() {
    let place = Place::new();
    place
        .migrator()
        .await
        .batch("CREATE ROLE r LOGIN PASSWORD 'r'; CREATE TABLE t (a int)")
        .await
        .expect("made");
    let url = format!("postgres://r:r@127.0.0.1:{}/postgres", place.server.port());
    let error = connector(&url)
        .read_only()
        .await
        .expect("connected")
        .query("SELECT FROM t", &[])
        .await
        .expect_err("denied");
    assert!(matches!(&error, Error::NotPermitted(server) if server.message.contains("table t")), "{error:?}");
}

#[tokio::test]
async fn a_lost_session_has_its_last_words() {
    let place = Place::new();
    let mut session = place.connector().read_only().await.expect("connected");
    let mut writer = place.migrator().await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'pgrefit/test'";
    writer.batch(kill).await.expect("killed");
    tokio::time::sleep(Duration::from_millis(200)).await;
    for error in
        [session.query("SELECT 1", &[]).await.expect_err("lost"), session.snapshot().await.expect_err("lost")]
    {
        let state = error.server().map(|server| server.sqlstate.as_str());
        assert!(matches!(error, Error::Lost { .. }) && error.is_retryable(), "{error:?}");
        assert_eq!(state, Some("57P01"));
    }
}
