//! Connections that cannot be: each for its own reason, none with the password in it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use pgrefit_pg::{Error, Settings};
use tokio::net::TcpListener;

use super::place::{LIMITS, Place, connector};

/// The kind of error, its SQLSTATE, its cause, and whether a hint is given.
async fn check(url: &str, kind: &str, sqlstate: Option<&str>, cause: &str) {
    let error = connector(url).read_only().await.expect_err(url);
    let debug = format!("{error:?}");
    assert!(debug.starts_with(kind), "{url}: {debug}");
    assert_eq!(error.server().map(|server| server.sqlstate.as_str()), sqlstate, "{debug}");
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(source.contains(cause), "{url}: {debug}");
    for secret in ["hunter2", Settings::resolve(Some(url), &|_| None).map(|_| password(url)).expect("valid")]
    {
        assert!(!format!("{debug} {error} {source} {:?}", error.hint()).contains(secret), "{url}: {debug}");
    }
}

fn password(url: &str) -> &str {
    let user = url.split('@').next().unwrap_or_default();
    user.trim_start_matches("postgres://").split_once(':').map_or("hunter2", |(_, password)| password)
}

#[tokio::test]
async fn each_refusal_is_told_apart() {
    let place = Place::new();
    let port = place.server.port();
    let url = place.url();
    check(
        &format!("postgres://postgres:hunter2@127.0.0.1:{port}/postgres"),
        "Authentication",
        Some("28P01"),
        "password",
    )
    .await;
    check(
        &format!("postgres://postgres@127.0.0.1:{port}/postgres"),
        "Authentication",
        None,
        "password missing",
    )
    .await;
    check(
        &url.replace("/postgres", "/absent").replace("//absent", "//postgres"),
        "UnknownDatabase",
        Some("3D000"),
        "absent",
    )
    .await;
    check(&format!("{url}?sslmode=require"), "Tls", None, "server does not support TLS").await;
    check("postgres://u:hunter2@127.0.0.1:1/d", "Unreachable", None, "refused").await;
    check("postgres://u:hunter2@no-such-host.invalid/d", "Unreachable", None, "").await;
    check("postgres://u:hunter2@%2Fnowhere/d", "Unreachable", None, "").await;
}

#[tokio::test]
async fn no_entry_in_pg_hba() {
    let mut place = Place::new();
    let hba = place.server.data_dir().join("pg_hba.conf");
    let text = fs::read_to_string(&hba).expect("readable");
    fs::write(&hba, format!("hostssl all all all scram-sha-256\n{}", text.replace("host ", "#host ")))
        .expect("written");
    place.server.restart().expect("restarted");
    check(&place.url(), "Authentication", Some("28000"), "no encryption").await;
    let error = connector(&place.url()).read_only().await.expect_err("not admitted");
    assert_eq!(error.hint().as_deref(), Some("the server may want TLS: try sslmode=require"));
    fs::write(&hba, text).expect("written");
}

#[tokio::test]
async fn a_full_server() {
    let place = Place::with(&[
        ("max_connections", "4"),
        ("superuser_reserved_connections", "1"),
        ("max_wal_senders", "0"),
    ]);
    let mut sessions = Vec::new();
    let error = loop {
        match place.connector().read_only().await {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
        assert!(sessions.len() < 10, "it is full at last");
    };
    assert!(matches!(error, Error::TooManyConnections(_)) && error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn a_server_that_shuts_down() {
    let place = Place::new();
    let open = place.connector().read_only().await.expect("connected");
    let pid = fs::read_to_string(place.server.data_dir().join("postmaster.pid")).expect("readable");
    let pid = pid.lines().next().expect("a pid");
    // A smart shutdown waits for the open session and turns new ones down.
    assert!(Command::new("kill").args(["-TERM", pid]).status().expect("kill runs").success());
    tokio::time::sleep(Duration::from_millis(300)).await;
    check(&place.url(), "NotAccepting", Some("57P03"), "shutting down").await;
    assert!(open.query("SELECT 1", &[]).await.is_ok());
}

#[tokio::test]
async fn a_server_that_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = silent.local_addr().expect("an address").port();
    for mode in ["disable", "require"] {
        let url = format!("postgres://u:hunter2@127.0.0.1:{port}/d?connect_timeout=1&sslmode={mode}");
        let error = connector(&url).read_only().await.expect_err("silent");
        assert_eq!(error.to_string(), format!("failed to connect to 127.0.0.1:{port} within 1000 ms"));
    }
    assert!(LIMITS.connect > Duration::from_secs(1), "the limit of the URL was used");
}

#[tokio::test]
async fn a_server_that_hangs_up() {
    let rude = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = rude.local_addr().expect("an address").port();
    tokio::spawn(async move { while rude.accept().await.is_ok() {} });
    check(&format!("postgres://u:hunter2@127.0.0.1:{port}/d?sslmode=disable"), "Unreachable", None, "").await;
    check(&format!("postgres://u:hunter2@127.0.0.1:{port}/d?sslmode=prefer"), "Unreachable", None, "").await;
}
