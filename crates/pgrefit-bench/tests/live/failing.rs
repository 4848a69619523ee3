//! Queries that fail, each in its way; the others are measured all the same.

use std::time::Duration;

use pgrefit_bench::{Measurement, Options, Query, Tolerance, compare, measure};
use pgrefit_pg::Stop;
use pgrefit_report::Status;

use super::place::{Place, kill_sessions, query, quick};

/// Measures this query before a harmless one, which must not suffer.
async fn measured(place: &Place, query: Query, options: &Options) -> Measurement {
    let harmless = super::place::query("harmless", "SELECT count(*) FROM sources");
    let mut measured = place.measure(&[query, harmless], options).await;
    let harmless = measured.queries.pop().expect("two");
    assert_eq!((harmless.trouble, harmless.timing.expect("measured").runs), (None, options.runs));
    measured.queries.pop().expect("two")
}

#[tokio::test]
async fn each_with_its_sqlstate() {
    for place in Place::all().await {
        let check = async |sql: &str, args: &[&str], expected: &str| {
            let mut query = query("q", sql);
            if !args.is_empty() {
                query = query.with(args);
            }
            let options = Options { run_limit: Duration::from_millis(300), ..quick() };
            let found = measured(&place, query, &options).await;
            let trouble = found.trouble.expect(sql);
            assert_eq!(trouble.sqlstate.as_deref(), Some(expected), "{sql}: {trouble}");
            assert_eq!(found.timing, None, "{sql}");
        };
        check("SELECT missing FROM documents", &[], "42703").await;
        check("SELECT 1 / (size - size) FROM documents", &[], "22012").await;
        check("SELECT 1; DROP TABLE notes", &[], "42601").await;
        check("SELECT pg_sleep(5)", &[], "57014").await;
        check("SELECT * FROM documents WHERE id = $1", &["seven"], "22P02").await;
        check("SELECT * FROM documents WHERE id = $1", &[], "08P01").await;
        // What writes.
        check("INSERT INTO notes (body) VALUES ('x')", &[], "25006").await;
        check("DELETE FROM documents", &[], "25006").await;
        check("SELECT note()", &[], "25006").await;
        check("SELECT * FROM documents FOR UPDATE", &[], "25006").await;
        check("ANALYZE DELETE FROM documents", &[], "25006").await;
        check("SELECT set_config('transaction_read_only', 'off', true), note()", &[], "25001").await;
        // What EXPLAIN does not take.
        check("COPY documents TO '/dev/null'", &[], "42601").await;
        check("COMMIT", &[], "42601").await;
        check("CALL note()", &[], "42601").await;
        let mut admin = place.admin().await;
        let left =
            admin.simple("SELECT (SELECT count(*) FROM notes), (SELECT count(*) FROM documents)").await;
        assert_eq!(left.expect("counted")[0], [Some("0".to_owned()), Some("100000".to_owned())]);
    }
}

#[tokio::test]
async fn a_write_is_refused_in_plain_words() {
    let place = Place::new().await;
    let found = measured(&place, query("q", "UPDATE documents SET size = 0"), &quick()).await;
    let trouble = found.trouble.expect("refused");
    assert_eq!(trouble.to_string(), "cannot execute UPDATE in a read-only transaction (SQLSTATE 25006)");
    assert!(trouble.hint.expect("a hint").contains("READ ONLY"));
}

#[tokio::test]
async fn a_role_without_privilege() {
    let place = Place::new().await;
    let queries = [query("q", "SELECT count(*) FROM documents")];
    let connector = place.connector_of("modest");
    let measured =
        measure(&connector, &queries, &quick(), &Stop::default(), &|_| {}).await.expect("measured");
    let trouble = measured.queries[0].trouble.as_ref().expect("refused");
    assert_eq!(trouble.sqlstate.as_deref(), Some("42501"));
    let findings = compare(None, &measured, &Tolerance::default());
    assert_eq!((findings.len(), findings[0].status), (1, Status::Fail));
    assert_eq!(findings[0].message, format!("fails: {trouble}"));
}

#[tokio::test]
async fn a_locked_table_is_not_queued_for() {
    let place = Place::new().await;
    let mut admin = place.admin().await;
    admin.batch("BEGIN; LOCK TABLE documents").await.expect("locked");
    let found = measured(&place, query("q", "SELECT count(*) FROM documents"), &quick()).await;
    assert_eq!(found.trouble.expect("locked").sqlstate.as_deref(), Some("55P03"));
}

#[tokio::test]
async fn a_killed_session_is_opened_anew_for_the_next_query() {
    let place = Place::new().await;
    let mut admin = place.admin().await;
    let killing = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        kill_sessions(&mut admin).await;
    };
    let options = Options { runs: 5, warmups: 0, ..Options::default() };
    let measuring = measured(&place, query("q", "SELECT pg_sleep(3)"), &options);
    let (found, ()) = tokio::join!(measuring, killing);
    assert_eq!(found.trouble.expect("killed").sqlstate.as_deref(), Some("57P01"));
}

#[tokio::test]
async fn a_budget_is_violated() {
    let place = Place::new().await;
    let tight = Query::new("sleep", "SELECT pg_sleep(0.02)", Duration::from_millis(10));
    let wide = Query::new("wide", "SELECT 1", Duration::from_secs(2));
    let measured = place.measure(&[tight, wide], &quick()).await;
    let findings = compare(None, &measured, &Tolerance::default());
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((findings[0].check.as_str(), findings[0].status), ("query-over-budget", Status::Fail));
    assert_eq!(findings[0].object.as_deref(), Some("sleep"));
}

#[tokio::test]
async fn a_query_that_somebody_cancels_was_not_too_slow() {
    let place = Place::new().await;
    let mut admin = place.admin().await;
    let cancelling = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let sql =
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgrefit/bench'";
        admin.batch(sql).await.expect("cancelled");
    };
    let options = Options { runs: 5, warmups: 0, ..Options::default() };
    let (found, ()) = tokio::join!(measured(&place, query("q", "SELECT pg_sleep(5)"), &options), cancelling);
    let trouble = found.trouble.expect("cancelled");
    assert_eq!(trouble.sqlstate.as_deref(), Some("57014"));
    assert!(trouble.hint.as_deref().expect("a hint").contains("somebody"), "{trouble:?}");
}
