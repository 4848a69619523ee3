//! What is refused, and why: before anything is written.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::time::Duration;

use pgrefit_backup::{Error, Job, Target, ToolSearch, take, take_verified};
use pgrefit_pg::Connector;

use crate::place::{Place, connector, majors};

async fn refused(place: &Place, source: &Connector) -> Error {
    let taken = place.with_job(source, async |job| take_verified(job, &place.full()).await).await;
    let error = taken.map(|_| ()).expect_err("refused");
    assert!(place.names().is_empty(), "{:?} is left", place.names());
    error
}

#[tokio::test]
async fn a_table_that_may_not_be_read_is_named() {
    let place = Place::nasty().await;
    let setup = "ALTER ROLE app RESET search_path; GRANT SELECT ON ALL TABLES IN SCHEMA public TO app; REVOKE SELECT ON people FROM app;
        GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO app; REVOKE SELECT ON SEQUENCE unused FROM app";
    place.writer().await.batch(setup).await.expect("set");
    let url = place.server.url("My \"db\"").expose().to_owned();
    let (_, rest) = url.split_once('@').expect("a URL");
    let error = refused(&place, &connector(&format!("postgresql://app:app@{rest}"))).await;
    let Error::NotReadable { role, unreadable } = &error else { panic!("{error:?}") };
    assert_eq!(role, "app");
    for expected in [
        "table public.people (no SELECT)",
        "table public.parent (row security would hide rows)",
        "sequence public.unused (no SELECT)",
        "sequence \"Odd.Schema\".\"Mixed \"\"Case\"\" Table_select_seq\" (no SELECT)",
    ] {
        assert!(unreadable.iter().any(|line| line == expected), "{expected}: {unreadable:?}");
    }
    assert!(error.hint().is_some_and(|hint| hint.contains("pg_read_all_data")));
}

#[tokio::test]
async fn no_room_is_found_out_before() {
    let mut place = Place::nasty().await;
    place.writer().await.batch("VACUUM").await.expect("measured");
    place.limits.bytes = Some(1000);
    let error = refused(&place, &place.connector()).await;
    assert!(matches!(error, Error::NoSpace { need: 1001.., available: 1000, .. }), "{error:?}");
}

#[tokio::test]
async fn a_missing_extension_is_named() {
    let place = Place::empty().await;
    // As an extension that is installed on the source only.
    let forged =
        "INSERT INTO pg_extension SELECT 999999, 'not_here', extowner, extnamespace, false, '1', NULL, NULL
        FROM pg_extension WHERE extname = 'plpgsql'";
    place.writer().await.batch(forged).await.expect("forged");
    let error = refused(&place, &place.connector()).await;
    let Error::ExtensionMissing { extensions, major: 18 } = &error else { panic!("{error:?}") };
    assert_eq!(extensions, &["not_here"]);
    assert!(error.hint().is_some_and(|hint| hint.contains("--staging-url")));
}

/// The job with other tools.
async fn with_tools(place: &Place, tools: &ToolSearch) -> Error {
    let source = place.connector();
    let taken =
        place.with_job(&source, async |job| take(&Job { tools, ..copy(job) }).await.map(|_| ())).await;
    taken.expect_err("refused")
}

fn copy<'a>(job: &Job<'a>) -> Job<'a> {
    Job { ..*job }
}

#[tokio::test]
async fn an_old_or_missing_tool_is_refused() {
    let place = Place::empty().await;
    let dir = tempfile::tempdir().expect("a directory");
    let search =
        |bin_dir: &std::path::Path| ToolSearch { bin_dir: Some(bin_dir.to_owned()), ..ToolSearch::default() };
    let error = with_tools(&place, &search(dir.path())).await;
    assert!(matches!(&error, Error::ToolMissing { tool } if tool == "pg_dump"), "{error:?}");
    let tool = dir.path().join("pg_dump");
    // Written by another process: a file that is open for writing somewhere cannot be run.
    let script = "printf '#!/bin/sh\\necho \"pg_dump (PostgreSQL) 15.4\"\\n' > \"$1\" && chmod 755 \"$1\"";
    assert!(
        std::process::Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(&tool)
            .status()
            .expect("sh")
            .success()
    );
    let error = with_tools(&place, &search(dir.path())).await;
    assert!(matches!(error, Error::ToolTooOld { found: 15, wanted: 18, .. }), "{error:?}");
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn a_lock_is_not_waited_for_without_end() {
    let mut place = Place::nasty().await;
    place.limits.lock = Duration::from_millis(300);
    let mut writer = place.writer().await;
    writer.batch("BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let error = refused(&place, &place.connector()).await;
    let is_expected = match &error {
        Error::DumpFailed { output, .. } => output.contains("lock timeout"),
        Error::Source(error) => matches!(error, pgrefit_pg::Error::LockTimeout(_)),
        _ => false,
    };
    assert!(is_expected, "{error:?}");
}

#[tokio::test]
async fn a_request_to_stop_leaves_nothing() {
    let place = Place::nasty().await;
    let fill = "CREATE TABLE big AS SELECT n, repeat(n::text, 50) FROM generate_series(1, 500000) AS n";
    place.writer().await.batch(fill).await.expect("filled");
    let stop = place.stop.clone();
    let later = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        stop.request();
    });
    let error = refused(&place, &place.connector()).await;
    assert!(matches!(error, Error::Stopped), "{error:?}");
    later.await.expect("requested");
    let servers = std::fs::read_dir(&place.home.servers).expect("a directory").flatten();
    let servers = servers.filter(|entry| entry.file_name().to_string_lossy().starts_with("e-")).count();
    assert_eq!(servers, 1, "the source only");
}

#[tokio::test]
async fn nobody_at_the_target_is_found_out_before() {
    let place = Place::nasty().await;
    let source = place.connector();
    let mut options = place.full();
    options.target = Target::Server(connector("postgresql://nobody@127.0.0.1:1/x"));
    let error = place.with_job(&source, async |job| take_verified(job, &options).await.map(|_| ())).await;
    assert!(matches!(error, Err(Error::Target(_))), "{error:?}");
    assert!(place.names().is_empty());
}

/// A server with TLS: that of the system, as those of the wheels have none.
async fn with_tls() -> Option<Place> {
    if !majors().contains(&15) {
        return None;
    }
    let mut place = Place::with(15, &[]).await;
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let certificate = certificate.self_signed(&key).expect("a certificate");
    let data = place.server.data_dir();
    let owner = std::fs::metadata(&data).expect("it is there");
    for (name, text) in [("server.key", key.serialize_pem()), ("server.crt", certificate.pem())] {
        let path = data.join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("chmod");
        chown(&path, Some(owner.uid()), Some(owner.gid())).expect("chown");
    }
    let mut writer = place.connector_to("postgres").migrator().await.expect("connected");
    writer.simple("ALTER SYSTEM SET ssl = on").await.expect("set");
    place.server.restart().expect("restarted");
    Some(place)
}

#[tokio::test]
async fn what_is_read_with_tls_is_not_dumped_without() {
    let Some(mut place) = with_tls().await else { return println!("skipped: no server with TLS") };
    let source = place.connector();
    let taken =
        place.with_job(&source, async |job| take(job).await).await.expect("the system's pg_dump has TLS");
    assert!(taken.manifest.tool.starts_with("pg_dump 15"), "{}", taken.manifest.tool);
    let search = pgrefit_scratch::Search::default();
    let wheel = pgrefit_scratch::Binaries::find(&place.home, &search).expect("binaries");
    let error =
        with_tools(&place, &ToolSearch { bin_dir: Some(wheel.bin_dir), ..ToolSearch::default() }).await;
    assert!(matches!(error, Error::ToolWithoutTls { .. }) && error.hint().is_some(), "{error:?}");
    let mut writer = place.connector_to("postgres").migrator().await.expect("connected");
    writer.simple("ALTER SYSTEM SET ssl = off").await.expect("set");
    place.server.restart().expect("restarted");
    place
        .with_job(&source, async |job| take(job).await)
        .await
        .expect("plain is enough where nothing else is offered");
}
