//! Indexes that are invalid on the source: a backup is taken beside them, and says so.

use pgrefit_backup::{Error, take_verified};

use crate::place::{Place, ask, majors};

/// Leaves an invalid index on a table, one on a materialized view, and one on a partitioned table whose partition has none.
const BROKEN: &str = "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1);
    CREATE MATERIALIZED VIEW v AS SELECT a FROM t;
    CREATE TABLE parts (a int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF parts DEFAULT;
    CREATE INDEX of_parts ON ONLY parts (a)";

#[tokio::test]
async fn an_invalid_index_blocks_no_backup() {
    for major in majors() {
        let place = Place::nasty_on(major).await;
        let mut writer = place.writer().await;
        writer.batch(BROKEN).await.expect("made");
        for sql in
            ["CREATE UNIQUE INDEX CONCURRENTLY ai ON t (a)", "CREATE UNIQUE INDEX CONCURRENTLY av ON v (a)"]
        {
            writer.batch(sql).await.expect_err("two rows are the same");
        }
        let source = place.connector();
        let invalid = "SELECT string_agg(indexrelid::regclass::text, ',' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE NOT indisvalid";
        assert_eq!(ask(&source, invalid).await, "ai,av,of_parts");
        let verified = place.with_job(&source, async |job| take_verified(job, &place.full()).await).await;
        let verified = verified.unwrap_or_else(|error| panic!("{major}: {error}"));
        let notes = &verified.verification().notes;
        for index in ["public.ai", "public.av"] {
            let note = format!("index {index} is invalid on the source and is not in the copy");
            assert!(notes.contains(&note), "{major}: {notes:?}");
        }
        assert!(!notes.iter().any(|note| note.contains("of_parts")), "{major}: it is dumped: {notes:?}");
        let copy = verified.restored().expect("a copy").as_superuser();
        assert_eq!(ask(copy, invalid).await, "of_parts");
    }
}

#[tokio::test]
async fn a_valid_index_must_be_in_the_copy_beside_invalid_ones() {
    let place = Place::empty().await;
    let mut writer = place.writer().await;
    writer.batch(BROKEN).await.expect("made");
    writer.batch("CREATE UNIQUE INDEX CONCURRENTLY ai ON t (a)").await.expect_err("two rows are the same");
    writer.batch("CREATE INDEX good ON t (a)").await.expect("made");
    let source = place.connector();
    let before = crate::round_trip::content(&place, &source).await;
    writer.batch("DROP INDEX good").await.expect("dropped");
    let after = crate::round_trip::content(&place, &source).await;
    let compared =
        pgrefit_backup::Comparison::between(&before, &after, pgrefit_backup::Thoroughness::Full, true);
    let Err(Error::Differs { what }) = compared.require_equal() else { panic!("{compared:?}") };
    assert!(what.len() == 1 && what[0].contains("good"), "{what:?}");
}
