//! Sessions that are driven by hand: how they begin, what they send, and what a read-only one refuses.

use std::fs;
use std::time::{Duration, Instant};

use pgrefit_pg::wire::{Call, Frame, ResultForm, Wire};
use pgrefit_pg::{Connector, Error};
use tokio::time::sleep;

use super::place::{Place, ask, connector, write_for};
use super::tls_proxy::{Authority, start};

const LIMIT: Duration = Duration::from_secs(20);

/// Sends what is in the buffer, and waits for so many ends of requests; returns what came, the rows of each run as one.
async fn answers(wire: &mut Wire, requests: usize) -> Result<Vec<String>, Error> {
    let (mut seen, mut rows, mut ready) = (Vec::new(), 0, 0);
    let limit = Instant::now() + LIMIT;
    while ready < requests {
        assert!(Instant::now() < limit, "no answer: {seen:?}");
        wire.flush().expect("sent");
        let received = wire.receive().expect("received");
        while let Some(frame) = wire.next_frame()? {
            match frame {
                Frame::Row(_) => rows += 1,
                Frame::Ready => ready += 1,
                Frame::Complete(tag) => seen.push(format!("{tag}, {rows} rows")),
                Frame::Failed(fields) => seen.push(fields.sqlstate().to_owned()),
                _ => {}
            }
            if matches!(frame, Frame::Complete(_)) {
                rows = 0;
            }
        }
        if received.closed {
            seen.push("closed".to_owned());
            break;
        }
        if !received.more {
            sleep(Duration::from_millis(1)).await;
        }
    }
    Ok(seen)
}

/// Prepares a statement without parameters and runs it.
async fn run(wire: &mut Wire, sql: &str) -> Result<Vec<String>, Error> {
    wire.prepare("s", sql)?;
    wire.call(&Call::new("s", 0, ResultForm::Text)?, |_| {})?;
    wire.forget("s")?;
    answers(wire, 3).await
}

async fn reader(connector: &Connector) -> Wire {
    connector.wire_reader(LIMIT).await.expect("a session")
}

#[tokio::test]
async fn requests_are_answered_in_order() {
    let place = Place::new();
    let socket = place.server.host_socket_dir().display().to_string().replace('/', "%2F");
    for url in [place.url(), place.url().replace("127.0.0.1", &socket)] {
        let mut wire = reader(&connector(&url)).await;
        assert!(wire.is_read_only() && wire.pid() > 0);
        wire.prepare("by \"n\"", "SELECT n, $2::text FROM pg_catalog.generate_series(1, $1::int) AS n")
            .expect("put");
        let call = Call::new("by \"n\"", 2, ResultForm::Binary).expect("a call");
        for count in ["3", "200000", "x", "0"] {
            let put = wire.call(&call, |values| {
                values.text(count.as_bytes());
                values.null();
            });
            put.expect("put");
        }
        let seen = answers(&mut wire, 5).await.expect("answers");
        assert_eq!(seen, ["SELECT 3, 3 rows", "SELECT 200000, 200000 rows", "22P02", "SELECT 0, 0 rows"]);
        let mut admin = place.migrator().await;
        let sql = format!(
            "SELECT application_name || ' ' || state FROM pg_stat_activity WHERE pid = {}",
            wire.pid()
        );
        assert_eq!(ask(&mut admin, &sql).await, "pgrefit/test idle");
        assert!(wire.unsent() == 0 && !format!("{wire:?}{:?}", wire.canceller()).contains("scratch"));
        let pid = wire.pid();
        wire.close();
        sleep(Duration::from_millis(300)).await;
        assert_eq!(
            ask(&mut admin, &format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}")).await,
            "0"
        );
    }
}

#[tokio::test]
async fn what_runs_too_long_is_cancelled() {
    let place = Place::new();
    let mut wire = place.connector().wire_reader(Duration::from_millis(100)).await.expect("a session");
    assert_eq!(run(&mut wire, "SELECT pg_sleep(10)").await.expect("answers"), ["57014"]);
    let mut wire = reader(&place.connector()).await;
    let cancel = wire.canceller();
    tokio::spawn(async move {
        sleep(Duration::from_millis(200)).await;
        cancel.cancel().await.expect("sent");
    });
    let begun = Instant::now();
    assert_eq!(run(&mut wire, "SELECT pg_sleep(10)").await.expect("answers"), ["57014"]);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(run(&mut wire, "SELECT 1").await.expect("answers"), ["SELECT 1, 1 rows"], "the session lives");
}

#[tokio::test]
async fn nothing_makes_a_reader_write() {
    let place = Place::new();
    let mut admin = place.migrator().await;
    let setup = "CREATE TABLE t (n int);
        CREATE FUNCTION write() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING n';
        CREATE FUNCTION free(scope bool) RETURNS text LANGUAGE sql AS
            $$ SELECT set_config('default_transaction_read_only', 'off', scope) $$;
        CREATE FUNCTION free_now() RETURNS text LANGUAGE sql AS $$ SELECT set_config('transaction_read_only', 'off', true) $$;
        CREATE FUNCTION free_by_setting() RETURNS int LANGUAGE sql SET default_transaction_read_only = off AS
            'INSERT INTO t VALUES (1) RETURNING n';
        CREATE PROCEDURE escape() LANGUAGE plpgsql AS $$ BEGIN COMMIT; SET TRANSACTION READ WRITE; INSERT INTO t VALUES (1); END $$;";
    admin.batch(setup).await.expect("made");
    for sql in [
        "WITH w AS (INSERT INTO t VALUES (1) RETURNING n) TABLE w",
        "SELECT write()",
        "SELECT free_by_setting()",
        "SELECT n INTO u FROM t",
        "EXPLAIN ANALYZE DELETE FROM t",
        "SELECT nextval('s')",
    ] {
        let seen = run(&mut reader(&place.connector()).await, sql).await.expect("answers");
        assert!(seen == ["25006"] || seen == ["42P01", "26000"], "{sql}: {seen:?}");
    }
    let seen = run(&mut reader(&place.connector()).await, "SELECT free_now()").await.expect("answers");
    assert_eq!(seen, ["25001"], "not after the first look at data");
    for sql in [
        "CALL escape()",
        "DO $$ BEGIN COMMIT; SET TRANSACTION READ WRITE; INSERT INTO t VALUES (1); END $$",
        "BEGIN READ WRITE",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "SELECT set_config('default_transaction_read_only', 'off', false)",
        "INSERT INTO t VALUES (1)",
    ] {
        let refused = reader(&place.connector()).await.prepare("s", sql);
        assert!(matches!(refused, Err(Error::NotAQuery { .. })), "{sql}: {refused:?}");
    }
    let mut wire = reader(&place.connector()).await;
    assert_eq!(
        run(&mut wire, "SELECT 1; DELETE FROM t").await.expect("answers"),
        ["42601", "26000"],
        "one command"
    );
    // A function may turn it off for what comes next: the session is of no use from then on.
    let freed = run(&mut wire, "SELECT free(false)").await;
    assert!(matches!(freed, Err(Error::NotReadOnly)), "{freed:?}");
    assert_eq!(ask(&mut admin, "SELECT count(*) FROM t").await, "0");
}

#[tokio::test]
async fn a_writer_writes_and_leaves_no_transaction_open() {
    let place = Place::new();
    let mut wire = place.connector().wire_writer(LIMIT).await.expect("a session");
    assert!(!wire.is_read_only());
    for (sql, expected) in [
        ("CREATE TABLE t (n int)", "CREATE TABLE, 0 rows"),
        ("INSERT INTO t VALUES (1), (2)", "INSERT 0 2, 0 rows"),
    ] {
        assert_eq!(run(&mut wire, sql).await.expect("answers"), [expected]);
    }
    let left = run(&mut wire, "BEGIN").await;
    assert!(matches!(left, Err(Error::Exchange(_))), "{left:?}");
    assert_eq!(ask(&mut place.migrator().await, "SELECT count(*) FROM t").await, "2");
}

#[tokio::test]
async fn every_way_to_log_in_is_taken() {
    let mut place = Place::new();
    let mut admin = place.migrator().await;
    let setup = "SET password_encryption = 'md5'; CREATE ROLE old LOGIN PASSWORD 'secret';
        SET password_encryption = 'scram-sha-256'; CREATE ROLE new LOGIN PASSWORD 'secret'; CREATE ROLE plain LOGIN PASSWORD 'secret'";
    admin.batch(setup).await.expect("made");
    let hba = place.server.data_dir().join("pg_hba.conf");
    let rules = "host all old all md5\nhost all new all scram-sha-256\nhost all plain all password\nhost all trusted all trust\n\
                 local all all scram-sha-256\nhost all all all scram-sha-256\n";
    admin.batch("CREATE ROLE trusted LOGIN").await.expect("made");
    write_for(&place.server, &hba, rules);
    drop(admin);
    place.server.restart().expect("restarted");
    let url = |login: &str| format!("postgres://{login}@127.0.0.1:{}/postgres", place.server.port());
    for login in ["old:secret", "new:secret", "plain:secret", "trusted"] {
        assert_eq!(
            run(&mut reader(&connector(&url(login))).await, "SELECT 1").await.expect(login),
            ["SELECT 1, 1 rows"]
        );
    }
    for login in ["old:wrong", "new:wrong", "plain:wrong", "new"] {
        let error = connector(&url(login)).wire_reader(LIMIT).await.expect_err(login);
        assert!(matches!(error, Error::Authentication { .. }), "{error:?}");
        assert!(!format!("{error:?}{error}").contains("wrong"), "{error:?}");
    }
    let absent = url("trusted").replace("/postgres", "/absent");
    let error = connector(&absent).wire_reader(LIMIT).await.expect_err("no such database");
    assert!(matches!(error, Error::UnknownDatabase { .. }), "{error:?}");
}

#[tokio::test]
async fn the_server_that_fits_is_taken() {
    let place = Place::new();
    let here = format!("127.0.0.1:{}", place.server.port());
    let both = place.url().replace(&here, &format!("127.0.0.1:1,{here}"));
    for attributes in ["any", "read-write", "primary", "prefer-standby"] {
        reader(&connector(&format!("{both}?target_session_attrs={attributes}"))).await;
    }
    for attributes in ["standby", "read-only"] {
        let url = format!("{both}?target_session_attrs={attributes}");
        let error = connector(&url).wire_reader(LIMIT).await.expect_err(attributes);
        assert!(matches!(error, Error::TargetSession { .. }), "{error:?}");
    }
    let error =
        connector(&place.url().replace(&here, "127.0.0.1:1")).wire_writer(LIMIT).await.expect_err("nobody");
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn encryption_goes_on_after_the_login() {
    let place = Place::new();
    let authority = Authority::new("one");
    let port = start(&authority.issue(&["db.example"]), None, place.server.port()).await;
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().join("root.crt");
    fs::write(&root, authority.pem()).expect("written");
    let url =
        place.url().replace(&format!("127.0.0.1:{}/", place.server.port()), &format!("db.example:{port}/"));
    let url = |mode: &str| format!("{url}?hostaddr=127.0.0.1&channel_binding=disable&sslmode={mode}");
    let verified = url(&format!("verify-full&sslrootcert={}", root.display()));
    for url in [verified.clone(), url("require"), format!("{verified}&sslnegotiation=direct")] {
        let mut wire = reader(&connector(&url)).await;
        let sql = "SELECT repeat('x', 1000), n FROM generate_series(1, 20000) AS n";
        assert_eq!(run(&mut wire, sql).await.expect("answers"), ["SELECT 20000, 20000 rows"]);
        let cancel = wire.canceller();
        tokio::spawn(async move {
            sleep(Duration::from_millis(200)).await;
            cancel.cancel().await.expect("sent");
        });
        assert_eq!(run(&mut wire, "SELECT pg_sleep(10)").await.expect("answers"), ["57014"]);
        let long = format!("SELECT '{}'", "x".repeat(2_000_000));
        assert_eq!(run(&mut wire, &long).await.expect("answers"), ["SELECT 1, 1 rows"]);
        place
            .migrator()
            .await
            .simple(&format!("SELECT pg_terminate_backend({})", wire.pid()))
            .await
            .expect("ended");
        sleep(Duration::from_millis(200)).await;
        assert_eq!(answers(&mut wire, 1).await.expect("last words"), ["57P01", "closed"]);
    }
    let error = connector(
        &url("verify-full")
            .replace("verify-full", &format!("verify-full&sslrootcert={}", root.display()))
            .replace("db.example", "other.example"),
    );
    let error = error.wire_reader(LIMIT).await.expect_err("another name");
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn the_channel_is_bound() {
    let Some((place, _dir, root)) = super::tls_server::secured().await else { return };
    let query = format!("sslmode=verify-full&sslrootcert={root}&channel_binding=require");
    let mut wire = reader(&connector(&format!("{}?{query}", place.url()))).await;
    let sql = format!("SELECT ssl FROM pg_stat_ssl WHERE pid = {}", wire.pid());
    assert_eq!(ask(&mut place.migrator().await, &sql).await, "t");
    assert_eq!(run(&mut wire, "SELECT 1").await.expect("answers"), ["SELECT 1, 1 rows"]);
}
