//! Rows that come, change or go between export and drop; tables that are in use; runs that meet.

use std::time::Duration;

use pgrefit_archive::{Error, Event, State, Until};
use pgrefit_catalog::Name;

use crate::place::{Place, chain, connector};

fn documents() -> Name {
    Name::new("public", "documents_2024")
}

async fn check_changed(state: State, sql: &'static str, rows: u64) {
    let place = Place::docserver().await;
    place.at(state, 1, sql);
    let archived = place.run(&documents()).await.unwrap_or_else(|error| panic!("{sql}: {}", chain(&error)));
    assert_eq!((archived.exports, archived.record.state), (2, State::Dropped), "{sql}");
    assert_eq!(archived.record.export.map(|export| export.rows), Some(rows), "{sql}");
    let events = place.events.lock().expect("a list");
    assert!(events.iter().any(|event| matches!(event, Event::Changed { exported_rows: 366, .. })), "{sql}");
    drop(events);
    let objects = walk(&place.store_dir());
    assert_eq!(objects, 2, "{sql}: what was put there of the first export is gone");
}

fn walk(dir: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(dir).expect("a folder").flatten();
    entries.map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { 1 }).sum()
}

const INSERT: &str = "INSERT INTO documents_2024 (doc_type, source_name, doc_path, content, created_at) VALUES ('rust', 'a', 'new', 'x', '2024-05-05')";

#[tokio::test]
async fn a_row_that_comes_after_the_upload_is_archived_too() {
    check_changed(State::Uploaded, INSERT, 367).await;
}

#[tokio::test]
async fn a_row_that_changes_or_goes_is_seen() {
    check_changed(
        State::FileVerified,
        "UPDATE documents_2024 SET content = content || '.' WHERE doc_path LIKE 'path/300%'",
        366,
    )
    .await;
    check_changed(State::RestoredVerified, "DELETE FROM documents_2024 WHERE doc_path LIKE 'path/300%'", 365)
        .await;
    check_changed(State::Exported, "TRUNCATE documents_2024", 0).await;
}

#[tokio::test]
async fn a_column_that_is_added_is_archived_too() {
    check_changed(State::Uploaded, "ALTER TABLE documents_2024 ADD COLUMN extra text DEFAULT 'x'", 366).await;
}

#[tokio::test]
async fn rows_that_never_rest_end_the_run_and_stay() {
    let place = Place::docserver().await;
    place.at(
        State::Uploaded,
        9,
        INSERT.split_once("'new'").map_or("", |_| {
            concat!(
                "INSERT INTO documents_2024 (doc_type, source_name, doc_path, content, created_at) ",
                "VALUES ('rust', 'a', gen_random_uuid()::text, 'x', '2024-05-05')"
            )
        }),
    );
    let error = place.run(&documents()).await.expect_err("it never ends");
    assert!(matches!(error, Error::Changing { rounds: 3, .. }), "{}", chain(&error));
    assert_eq!(place.state(&documents()).await, "detached");
    assert_eq!(place.ask("SELECT count(*) FROM documents_2024").await, "369");
    *place.hook.lock().expect("a hook") = None;
    let archived = place.run(&documents()).await.expect("it goes on");
    assert_eq!(archived.record.export.map(|export| export.rows), Some(369));
}

#[tokio::test]
async fn a_table_in_use_is_not_dropped() {
    let mut place = Place::docserver().await;
    place.limits.lock_tries = 3;
    place.limits.lock = Duration::from_millis(100);
    let scratch = connector(&place.scratch, "postgres");
    let kept = place
        .with_job(async |job| pgrefit_archive::run(job, &scratch, &documents(), Until::Recounted).await)
        .await
        .expect("kept");
    assert_eq!(kept.record.state, State::Recounted);
    assert_eq!(place.ask("SELECT count(*) FROM documents_2024").await, "366");
    let mut reader = place.writer().await;
    reader.batch("BEGIN; SELECT count(*) FROM documents_2024").await.expect("read");
    let error = place.run(&documents()).await.expect_err("in use");
    assert!(matches!(error, Error::Locked { tries: 3, .. }), "{}", chain(&error));
    assert_eq!(place.state(&documents()).await, "recounted");
    reader.batch("COMMIT").await.expect("over");
    let archived = place.run(&documents()).await.expect("dropped");
    assert!(
        archived.exclusive.is_some_and(|exclusive| exclusive < Duration::from_millis(500)),
        "{archived:?}"
    );
    assert_eq!(archived.exports, 0, "what was proven is proven");
}

#[tokio::test]
async fn a_long_transaction_keeps_the_partition_pending_and_the_next_run_goes_on() {
    let mut place = Place::docserver().await;
    place.limits.lock_tries = 2;
    let mut reader = place.writer().await;
    reader.batch("BEGIN; SELECT count(*) FROM documents").await.expect("read");
    let error = place.run(&documents()).await.expect_err("in use");
    assert!(matches!(error, Error::Locked { .. }), "{}", chain(&error));
    assert_eq!(place.state(&documents()).await, "planned");
    reader.batch("COMMIT").await.expect("over");
    let archived = place.run(&documents()).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(archived.record.state, State::Dropped);
}

#[tokio::test]
async fn two_runs_do_not_meet_and_a_request_to_stop_is_heeded() {
    let place = Place::docserver().await;
    let mut other = place.writer().await;
    let hash =
        "('x' || left(encode(sha256('pgrefit archive public.documents_2024'), 'hex'), 16))::bit(64)::bigint";
    other.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({hash})")).await.expect("locked");
    let error = place.run(&documents()).await.expect_err("busy");
    assert!(matches!(error, Error::Busy { .. }), "{}", chain(&error));
    assert_eq!(place.ask("SELECT to_regclass('pgrefit_archive')").await, "NULL", "nothing was changed");
    other.batch("ROLLBACK").await.expect("free");
    let stop = place.stop.clone();
    place.then(State::FileVerified, move || stop.request());
    let error = place.run(&documents()).await.expect_err("stopped");
    assert!(matches!(error, Error::Stopped), "{}", chain(&error));
    assert_eq!(place.state(&documents()).await, "file_verified");
}
