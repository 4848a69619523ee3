//! The census as real servers give it: to every role, behind every lock, on every version.

mod facts;
mod large;
mod live;
mod locks;
mod roles;
mod statements;

use std::time::{Duration, Instant};

use live::Live;
use pgrefit_catalog::census::{Census, Source, Why};
use pgrefit_pg::census::{CensusOptions, census};

const FIXTURE: &str = include_str!("fixture.sql");
const SINCE_18: &str = include_str!("since_18.sql");

/// A census, which must come soon.
async fn take(live: &Live, user: &str, database: &str) -> Census {
    let mut session = live.reader(user, database).await;
    let begun = Instant::now();
    let census = census(&mut session, &CensusOptions::default()).await.expect("a census");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    census
}

/// The sources that could not be read, apart from those that the version does not have.
fn unseen(census: &Census) -> Vec<(Source, Why)> {
    let unseen = census.unseen.iter().map(|(source, unseen)| (*source, unseen.why));
    unseen.filter(|(_, why)| *why != Why::Absent).collect()
}

#[tokio::test]
async fn every_source_is_read_on_every_version_and_nothing_is_written() {
    for live in Live::all() {
        live.fixture("odd").await;
        let census = take(&live, "postgres", "odd").await;
        assert!(unseen(&census).is_empty(), "{}: {:?}", census.server.version, census.unseen);
        assert!(!census.origin.has_transaction_id);
        assert_eq!(census.origin.lock_modes, ["AccessShareLock"]);
        assert_eq!(census.origin.user_locks, 0);
        assert_eq!(census.origin.wal_bytes.is_some(), census.server.major() >= 18);
        assert!(census.origin.wal_bytes.is_none_or(|bytes| bytes >= 0));
        assert!((50..100).contains(&census.origin.queries), "{}", census.origin.queries);
        let text = serde_json::to_string(&census).expect("JSON");
        let again: Census = serde_json::from_str(&text).expect("a census");
        assert!(again == census);
    }
}
