//! What a change of the schema does to queries, seen by two measurements.

use std::time::Duration;

use pgrefit_bench::{Options, Query, Tolerance, compare, comparison_table};
use pgrefit_report::{Finding, Status};

use super::place::{Place, query, quick};

/// Measures before and after `change`.
async fn around(place: &Place, queries: &[Query], change: &str, tolerance: &Tolerance) -> Vec<Finding> {
    let options = Options { digests: true, ..quick() };
    let before = place.measure(queries, &options).await;
    place.admin().await.batch(change).await.expect("changed");
    let after = place.measure(queries, &options).await;
    assert_eq!(comparison_table(Some(&before), &after, tolerance).rows.len(), queries.len());
    compare(Some(&before), &after, tolerance)
}

/// The finding of this check.
fn of<'a>(findings: &'a [Finding], check: &str) -> &'a Finding {
    findings.iter().find(|it| it.check == check).unwrap_or_else(|| panic!("no {check}: {findings:#?}"))
}

#[tokio::test]
async fn a_dropped_index_is_named() {
    for place in Place::all().await {
        place
            .admin()
            .await
            .batch("ALTER DATABASE postgres SET max_parallel_workers_per_gather = 0")
            .await
            .expect("set");
        let queries =
            [query("by-source", "SELECT * FROM documents d WHERE source = $1").with(&["s7"]).with(&["s8"])];
        let findings = around(&place, &queries, "DROP INDEX documents_source", &Tolerance::default()).await;
        let lost = of(&findings, "query-index-lost");
        assert_eq!((lost.status, lost.object.as_deref()), (Status::Fail, Some("by-source")));
        let expected =
            "public.documents: Bitmap Heap Scan using documents_source → Seq Scan of some 100000 rows";
        assert_eq!(lost.message, expected);
        assert_eq!(findings.iter().filter(|it| it.check == "query-index-lost").count(), 1, "told once");
        let wide = Tolerance { seq_scan_rows: 1_000_000, ..Tolerance::default() };
        let findings =
            around(&place, &queries, "CREATE INDEX documents_source ON documents (source)", &wide).await;
        assert_eq!(of(&findings, "query-index-changed").status, Status::Info);
    }
}

#[tokio::test]
async fn another_index_and_another_join_are_told() {
    let place = Place::new().await;
    let queries = [
        query("by-id", "SELECT size FROM documents WHERE id = 7"),
        query("join", "SELECT count(*) FROM documents JOIN sources ON name = source WHERE enabled"),
    ];
    let change = "CREATE INDEX other ON documents (id) INCLUDE (size);
        ALTER TABLE documents DROP CONSTRAINT documents_pkey;
        ALTER DATABASE postgres SET enable_hashjoin = off";
    let findings = around(&place, &queries, change, &Tolerance::default()).await;
    let changed = of(&findings, "query-index-changed");
    assert_eq!(changed.status, Status::Info);
    assert!(
        changed.message.starts_with("public.documents: Index Scan using documents_pkey → "),
        "{changed:?}"
    );
    let join = of(&findings, "query-join-changed");
    assert_eq!((join.status, join.object.as_deref()), (Status::Info, Some("join")));
    assert!(join.message.starts_with("joins: Hash Join Inner → "), "{join:?}");
}

#[tokio::test]
async fn other_rows_are_told_and_are_a_failure_on_a_copy() {
    let place = Place::new().await;
    let queries = [
        query("rows", "SELECT id FROM documents WHERE source = 's7'"),
        query("answer", "SELECT count(*), sum(size) FROM documents"),
        query("same", "SELECT count(*) FROM sources"),
    ];
    let copy = Tolerance { same_rows: true, ..Tolerance::default() };
    for (change, tolerance, expected) in [
        ("DELETE FROM documents WHERE id = 7", Tolerance::default(), Status::Info),
        ("DELETE FROM documents WHERE id = 1007", copy, Status::Fail),
    ] {
        let findings = around(&place, &queries, change, &tolerance).await;
        let (rows, answer) = (of(&findings, "query-rows-changed"), of(&findings, "query-answer-changed"));
        assert_eq!((rows.status, answer.status), (expected, expected));
        assert_eq!((rows.object.as_deref(), answer.object.as_deref()), (Some("rows"), Some("answer")));
        assert_eq!(findings.len(), 2, "{findings:#?}");
    }
    assert_eq!(around(&place, &queries, "SELECT 1", &copy).await, []);
}

#[tokio::test]
async fn a_query_that_fails_since_is_a_failure() {
    let place = Place::new().await;
    let queries =
        [query("size", "SELECT max(size) FROM documents"), query("bad", "SELECT nothing FROM documents")];
    let change = "ALTER TABLE documents RENAME size TO bytes";
    let findings = around(&place, &queries, change, &Tolerance::default()).await;
    let told: Vec<_> = findings.iter().map(|it| (it.object.as_deref().unwrap_or(""), it.status)).collect();
    assert_eq!(told, [("size", Status::Fail), ("bad", Status::Warn)]);
    assert!(findings[0].message.starts_with("fails, and did not before: column \"size\" does not exist"));
}

#[tokio::test]
async fn slower_is_told_and_a_little_slower_is_not() {
    let place = Place::new().await;
    place
        .admin()
        .await
        .batch("CREATE FUNCTION wait() RETURNS void LANGUAGE sql AS 'SELECT pg_sleep(0.002)'")
        .await
        .expect("made");
    let queries = [Query::new("wait", "SELECT wait()", Duration::from_secs(2))];
    let to = |seconds| {
        format!("CREATE OR REPLACE FUNCTION wait() RETURNS void LANGUAGE sql AS 'SELECT pg_sleep({seconds})'")
    };
    let findings = around(&place, &queries, &to("0.004"), &Tolerance::default()).await;
    assert_eq!(findings, [], "two milliseconds are nothing");
    let findings = around(&place, &queries, &to("0.08"), &Tolerance::default()).await;
    let slower = of(&findings, "query-slower");
    assert_eq!((slower.status, findings.len()), (Status::Warn, 1));
}
