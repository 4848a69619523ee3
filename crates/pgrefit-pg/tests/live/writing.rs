//! Migrator sessions: settings, pipelines, cancelling, copying.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use pgrefit_pg::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::place::{Place, ask, connector};

#[tokio::test]
async fn settings_are_made() {
    let place = Place::new();
    let mut migrator = place.migrator().await;
    let check = [
        ("lock_timeout", "1s"),
        ("statement_timeout", "20s"),
        ("idle_in_transaction_session_timeout", "0"),
        ("transaction_timeout", "0"),
        ("client_connection_check_interval", "500ms"),
    ];
    for (name, expected) in check {
        assert_eq!(ask(&mut migrator, &format!("SHOW {name}")).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_pipeline_is_one_transaction() {
    let place = Place::new();
    let mut migrator = place.migrator().await;
    let parts =
        ["BEGIN", "CREATE TABLE t (a int); CREATE TABLE u (b int)", "INSERT INTO t VALUES (7)", "COMMIT"];
    migrator.pipeline(&parts).await.expect("committed");
    assert_eq!(ask(&mut migrator, "SELECT a FROM t").await, "7");
    migrator.pipeline(&[]).await.expect("nothing to do");
    let many: Vec<String> = (0..200).map(|i| format!("INSERT INTO u VALUES ({i})")).collect();
    migrator.pipeline(&many.iter().map(String::as_str).collect::<Vec<_>>()).await.expect("all");
    assert_eq!(ask(&mut migrator, "SELECT array_agg(b) = array_agg(b ORDER BY b) FROM u").await, "t");
}

#[tokio::test]
async fn the_first_error_counts_and_leaves_the_session_idle() {
    let place = Place::new();
    let mut migrator = place.migrator().await;
    let parts = ["BEGIN", "CREATE TABLE t (a int);\nSELEKT 'ä' é", "INSERT INTO t VALUES (7)", "COMMIT"];
    let error = migrator.pipeline(&parts).await.expect_err("a syntax error");
    assert_eq!(error.index, 1);
    let server = error.source.server().expect("the server said it").clone();
    assert_eq!((server.sqlstate.as_str(), server.position), ("42601", Some(25)));
    assert_eq!(ask(&mut migrator, "SELECT to_regclass('t')").await, "NULL");
    assert_eq!(
        ask(&mut migrator, "SELECT now() = statement_timestamp()").await,
        "t",
        "outside of a transaction"
    );
    let error =
        migrator.pipeline(&["BEGIN", "DO $$ BEGIN RAISE 'é' USING hint = 'h', detail = 'd'; END $$"]).await;
    let source = error.expect_err("raised").source;
    assert_eq!((source.to_string().as_str(), source.hint().as_deref()), ("failed on the server", Some("h")));
}

#[tokio::test]
async fn a_lost_pipeline_says_where() {
    let place = Place::new();
    let mut migrator = place.migrator().await;
    let parts = ["BEGIN", "SELECT pg_terminate_backend(pg_backend_pid())", "COMMIT"];
    let error = migrator.pipeline(&parts).await.expect_err("killed itself");
    assert_eq!(error.index, 1);
    assert!(matches!(error.source, Error::Lost { .. }), "{error:?}");
    assert!(matches!(migrator.batch("SELECT 1").await, Err(Error::Lost { .. })));
}

#[tokio::test]
async fn another_task_cancels() {
    let place = Place::new();
    let mut migrator = place.migrator().await;
    let handle = migrator.cancel_handle();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        handle.cancel().await.expect("sent");
    });
    let started = Instant::now();
    let error = migrator.batch("SELECT pg_sleep(10)").await.expect_err("cancelled");
    assert!(matches!(error, Error::Cancelled(_)) && started.elapsed() < Duration::from_secs(5), "{error:?}");
    assert_eq!(ask(&mut migrator, "SELECT 1").await, "1");
}

#[tokio::test]
async fn a_lock_timeout_is_told_apart() {
    let place = Place::new();
    let (mut one, mut two) = (place.migrator().await, place.migrator().await);
    one.batch("CREATE TABLE t (a int)").await.expect("made");
    one.batch("BEGIN; LOCK TABLE t").await.expect("locked");
    let error = two.batch("ALTER TABLE t ADD b int").await.expect_err("locked");
    assert!(matches!(error, Error::LockTimeout(_)) && error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn rows_are_copied_in() {
    let place = Place::new();
    let mut migrator = place.migrator().await;
    migrator.batch("CREATE TABLE t (a int)").await.expect("made");
    let chunks = stream::iter([Bytes::from_static(b"1\n2"), Bytes::from_static(b"2\n3\n")]);
    assert_eq!(migrator.copy_in("COPY t FROM STDIN", chunks).await.expect("copied"), 3);
    assert_eq!(ask(&mut migrator, "SELECT sum(a) FROM t").await, "26");
    let wrong = stream::iter([Bytes::from_static(b"x\n")]);
    let error = migrator.copy_in("COPY t FROM STDIN", wrong).await.expect_err("not a number");
    assert_eq!(error.server().map(|server| server.sqlstate.as_str()), Some("22P02"));
    assert_eq!(ask(&mut migrator, "SELECT count(*) FROM t").await, "3");
}

const ONE_WAY: Duration = Duration::from_millis(100);

/// A server far away: every byte arrives later.
async fn far(server_port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("accepted");
        let server = TcpStream::connect(("127.0.0.1", server_port)).await.expect("connected");
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        tokio::join!(pass_on(from_client, to_server), pass_on(from_server, to_client))
    });
    port
}

async fn pass_on(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let mut buffer = vec![0; 65536];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        tokio::time::sleep(ONE_WAY).await;
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_pipeline_takes_one_round_trip() {
    let place = Place::new();
    let here = format!(":{}/", place.server.port());
    let url = place.url().replace(&here, &format!(":{}/", far(place.server.port()).await));
    let mut migrator = connector(&url).migrator().await.expect("connected");
    let started = Instant::now();
    migrator
        .pipeline(&["BEGIN", "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", "COMMIT"])
        .await
        .expect("committed");
    // Two ways make one round trip; the answers may come in two pieces.
    assert!(started.elapsed() < 4 * ONE_WAY, "{:?}", started.elapsed());
}
