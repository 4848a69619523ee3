//! A census is taken during a migration: it does not wait for what somebody holds or awaits.

use std::time::{Duration, Instant};

use pgrefit_catalog::census::{Census, Source, Why};

use super::live::Live;
use super::{take, unseen};

/// Everything that can be locked against readers, each in the way that is open for it.
const HOLD: &str = r#"BEGIN;
    DROP MATERIALIZED VIEW known;
    DROP SEQUENCE unused;
    DROP INDEX people_invalid;
    LOCK TABLE people, "Odd ""Schema"""."Mixed Case; --", events, parent, leaving, sight, public.pg_class, refinery_schema_history
        IN ACCESS EXCLUSIVE MODE"#;

/// The relations of a census, and how many other rows it has.
fn size(census: &Census) -> Vec<usize> {
    vec![
        census.relations.len(),
        census.columns.len(),
        census.indexes.len(),
        census.constraints.len(),
        census.column_statistics.len(),
        census.relation_statistics.len(),
        census.sequences.len(),
    ]
}

#[tokio::test]
async fn held_locks_are_not_waited_for() {
    for live in Live::all() {
        live.fixture("odd").await;
        let free = take(&live, "postgres", "odd").await;
        let mut migration = live.writer("odd").await;
        migration.batch(HOLD).await.expect("locked");
        let begun = Instant::now();
        let census = take(&live, "postgres", "odd").await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert_eq!(size(&census), size(&free));
        assert_eq!(unseen(&census), [(Source::History, Why::Locked)]);
        let closed: Vec<_> =
            census.sequences.iter().filter(|it| !it.readable).map(|it| it.relation).collect();
        let unused = census.relations.iter().find(|it| it.name == "unused").expect("not dropped yet").oid;
        assert_eq!(closed, [unused]);
        assert!(census.locks.iter().any(|it| it.granted && it.relation == unused));
    }
}

#[tokio::test]
async fn locks_that_are_waited_for_are_not_waited_for() {
    for live in Live::all() {
        live.fixture("odd").await;
        let free = take(&live, "postgres", "odd").await;
        let mut reader = live.writer("odd").await;
        reader.batch("BEGIN; SELECT FROM people, refinery_schema_history").await.expect("read");
        let mut migration = live.writer("odd").await;
        let waiting = tokio::spawn(async move {
            migration.batch("SET lock_timeout = 0").await.expect("set");
            migration
                .batch("ALTER TABLE refinery_schema_history ADD COLUMN more text DEFAULT 'hunter2'")
                .await
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        let begun = Instant::now();
        let census = take(&live, "postgres", "odd").await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert_eq!(size(&census), size(&free));
        assert_eq!(unseen(&census), [(Source::History, Why::Locked)]);
        let lock = census.locks.iter().find(|it| !it.granted).expect("somebody waits");
        let waiter = census.backends.iter().find(|it| Some(it.pid) == lock.pid).expect("he is seen");
        assert_eq!(waiter.blocked_by.len(), 1);
        let query = waiter.query.as_deref().expect("his statement");
        assert_eq!(query, "ALTER TABLE refinery_schema_history ADD COLUMN more text DEFAULT ?");
        reader.batch("ROLLBACK").await.expect("ended");
        waiting.await.expect("joined").expect("altered");
    }
}
