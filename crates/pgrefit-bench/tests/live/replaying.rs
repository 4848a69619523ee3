//! A mix under way: what is counted, when it ends, what it may do.

use std::time::{Duration, Instant};

use pgrefit_bench::{Error, Pace, Query, ReplayOptions, Traffic, TrafficTolerance, replay, replay_telling};
use pgrefit_pg::{Connector, Stop};
use pgrefit_report::Status;

use super::place::{Place, kill_sessions, query};

/// Replays for so long, while `other` goes on from the same moment.
pub(crate) async fn replay_beside(
    connector: &Connector,
    queries: &[Query],
    options: &ReplayOptions,
    ms: u64,
    other: impl Future<Output = ()>,
) -> Traffic {
    let (begun, stop) = (Stop::default(), Stop::default());
    let stopping = async {
        begun.requested().await;
        tokio::time::sleep(Duration::from_millis(ms)).await;
        stop.request();
    };
    let other = async {
        begun.requested().await;
        other.await;
    };
    let traffic = replay_telling(connector, queries, options, &stop, || begun.request());
    let (traffic, (), ()) = tokio::join!(traffic, stopping, other);
    traffic.expect("it ran")
}

async fn replayed(place: &Place, queries: &[Query], options: &ReplayOptions, ms: u64) -> Traffic {
    replay_beside(&place.connector(), queries, options, ms, async {}).await
}

pub(crate) fn by_id() -> Query {
    query("by-id", "SELECT * FROM documents WHERE id = $1").with(&["7"]).with(&["8"])
}

#[tokio::test]
async fn a_healthy_server_serves_all() {
    for place in Place::all().await {
        let queries = [
            by_id().weight(3),
            query("count", "SELECT count(*) FROM sources"),
            query("never", "SELECT 1").weight(0),
        ];
        let traffic = replayed(&place, &queries, &ReplayOptions::default(), 700).await;
        assert!(traffic.served > 50, "{traffic:?}");
        assert_eq!((traffic.failed, traffic.overdue, traffic.cut_off, traffic.reconnects), (0, 0, 0, 0));
        let [by_id, count, never] = &traffic.queries[..] else { panic!("three") };
        assert!(by_id.served > count.served && count.served > 0 && never.served == 0, "{traffic:?}");
        assert_eq!(by_id.served + count.served, traffic.served);
        assert_eq!(traffic.buckets.iter().map(|bucket| bucket.served).sum::<u64>(), traffic.served);
        assert!((2..=5).contains(&traffic.buckets.len()), "{:?}", traffic.buckets);
        assert!(traffic.p50 <= traffic.p99 && traffic.p99 <= traffic.longest.as_ref().expect("one").took);
        assert!(traffic.findings(&TrafficTolerance::default()).is_empty(), "{traffic:?}");
        assert_eq!(traffic.queries_table().rows.len(), 3);
    }
}

#[tokio::test]
async fn a_rate_is_kept() {
    let place = Place::new().await;
    let options = ReplayOptions { pace: Pace::PerSecond(50.0), sessions: 2, ..ReplayOptions::default() };
    let traffic = replayed(&place, &[by_id()], &options, 2000).await;
    assert!((90..=103).contains(&traffic.served), "{traffic:?}");
    assert_eq!(traffic.not_served(), 0);
    // A session that is too slow for the rate leaves the rest undone, and says so.
    let slow = ReplayOptions { sessions: 1, ..options };
    let traffic = replayed(&place, &[query("sleep", "SELECT pg_sleep(0.1)")], &slow, 1000).await;
    assert!(traffic.overdue > 25, "{traffic:?}");
    let findings = traffic.findings(&TrafficTolerance::default());
    assert!(findings.iter().any(|it| it.check == "traffic-overdue" && it.status == Status::Fail));
}

#[tokio::test]
async fn writes_are_refused_unless_they_are_meant() {
    let place = Place::new().await;
    let mut admin = place.admin().await;
    let queries = [query("note", "INSERT INTO notes (body) VALUES ($1)").with(&["it's"])];
    let refused = replayed(&place, &queries, &ReplayOptions::default(), 300).await;
    assert_eq!((refused.served, refused.failures["25006"].count), (0, refused.failed));
    assert!(refused.failures["25006"].first.hint.as_deref().expect("a hint").contains("READ ONLY"));
    let count = "SELECT count(*) FROM notes WHERE body = 'it''s'";
    assert_eq!(admin.simple(count).await.expect("counted")[0][0].as_deref(), Some("0"));
    let blind = refused.findings(&TrafficTolerance { not_served: u64::MAX, ..TrafficTolerance::default() });
    assert!(blind.iter().any(|it| it.check == "traffic-not-seen" && it.status == Status::Blind));
    let options = ReplayOptions { write: true, ..ReplayOptions::default() };
    let traffic = replayed(&place, &queries, &options, 300).await;
    assert!(traffic.served > 0 && traffic.failed == 0, "{traffic:?}");
    let written = admin.simple(count).await.expect("counted")[0][0].clone();
    assert_eq!(written, Some(traffic.served.to_string()));
}

#[tokio::test]
async fn a_change_of_type_breaks_prepared_statements_once() {
    for place in Place::all().await {
        let mut admin = place.admin().await;
        let changing = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            admin.batch("ALTER TABLE documents ALTER size TYPE bigint").await.expect("changed");
        };
        let options = ReplayOptions { sessions: 3, ..ReplayOptions::default() };
        let connector = place.connector();
        let queries = [by_id(), query("by-source", "SELECT size FROM documents WHERE source = 's7'")];
        let traffic = replay_beside(&connector, &queries, &options, 3000, changing).await;
        let failures = &traffic.failures["0A000"];
        assert_eq!(failures.first.message, "cached plan must not change result type");
        // Each session has each of two statements prepared, and prepares it anew after the failure.
        assert!((1..=6).contains(&failures.count), "{traffic:?}");
        assert_eq!((traffic.failed, traffic.prepared_again), (failures.count, 0));
        assert!(traffic.served > 100, "{traffic:?}");
        let back = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            admin.batch("ALTER TABLE documents ALTER size TYPE integer").await.expect("changed");
        };
        let again = ReplayOptions { prepare_again: true, ..options };
        let traffic = replay_beside(&connector, &queries, &again, 3000, back).await;
        assert_eq!(traffic.failed, 0, "{traffic:?}");
        assert!((1..=6).contains(&traffic.prepared_again), "{traffic:?}");
    }
}

#[tokio::test]
async fn a_killed_session_connects_again() {
    let place = Place::new().await;
    for write in [false, true] {
        let mut admin = place.admin().await;
        let killing = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            kill_sessions(&mut admin).await;
        };
        let options = ReplayOptions { sessions: 3, write, ..ReplayOptions::default() };
        let traffic = replay_beside(&place.connector(), &[by_id()], &options, 1500, killing).await;
        assert_eq!((traffic.reconnects, traffic.gave_up, traffic.lost), (3, 0, 3), "{traffic:?}");
        assert_eq!(traffic.failed, 3);
        let last = traffic.buckets.last().expect("a bucket");
        assert!(last.served > 0 && last.failed == 0, "{last:?}");
        let kinds: Vec<_> = traffic.failures.keys().map(String::as_str).collect();
        assert!(kinds.iter().all(|kind| ["57P01", "lost"].contains(kind)), "{kinds:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_given_up() {
    let mut place = Place::new().await;
    let connector = place.connector();
    let options = ReplayOptions {
        sessions: 2,
        reconnect_limit: Duration::from_millis(600),
        ..ReplayOptions::default()
    };
    let begun = Instant::now();
    let stop = Stop::default();
    let (on_begun, begins) = std::sync::mpsc::channel();
    let stopping = tokio::task::spawn_blocking(move || {
        begins.recv().expect("it begins");
        std::thread::sleep(Duration::from_millis(300));
        place.server.stop_mode(pgrefit_scratch::StopMode::Fast).expect("stopped");
        place
    });
    let on_begun = move || on_begun.send(()).expect("somebody waits");
    let traffic = replay_telling(&connector, &[by_id()], &options, &stop, on_begun).await.expect("it ran");
    assert_eq!((traffic.gave_up, traffic.lost, traffic.reconnects), (2, 2, 0), "{traffic:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let findings = traffic.findings(&TrafficTolerance::default());
    assert!(findings.iter().any(|it| it.check == "traffic-not-seen"), "{findings:?}");
    drop(stopping.await);
}

#[tokio::test]
async fn it_ends_in_time() {
    let place = Place::new().await;
    let long = [query("long", "SELECT pg_sleep(9)")];
    let options = ReplayOptions { drain_limit: Duration::from_millis(200), ..ReplayOptions::default() };
    let begun = Instant::now();
    let traffic = replayed(&place, &long, &options, 300).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!((traffic.served, traffic.failed, traffic.cut_off), (0, 0, 4), "{traffic:?}");
    // What is nearly done may end.
    let short = [query("short", "SELECT pg_sleep(0.6)")];
    let options = ReplayOptions { run_limit: Duration::from_millis(300), ..ReplayOptions::default() };
    let traffic = replay(&place.connector(), &short, &options, &Stop::default()).await.expect("it ran");
    assert_eq!((traffic.served, traffic.cut_off), (4, 0), "{traffic:?}");
    let mut admin = place.admin().await;
    let left = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
    assert_eq!(admin.simple(left).await.expect("counted")[0][0].as_deref(), Some("0"));
}

#[tokio::test]
async fn a_role_without_privilege() {
    let place = Place::new().await;
    let traffic =
        replay_beside(&place.connector_of("modest"), &[by_id()], &ReplayOptions::default(), 300, async {})
            .await;
    assert_eq!((traffic.served, traffic.failures["42501"].count), (0, traffic.failed));
    assert!(traffic.failed > 0);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused() {
    let place = Place::new().await;
    let connector = place.connector();
    let ask = async |queries: &[Query], options: &ReplayOptions| {
        let stop = Stop::default();
        stop.request();
        replay(&connector, queries, options, &stop).await
    };
    let usual = ReplayOptions::default();
    assert!(matches!(ask(&[], &usual).await, Err(Error::EmptyMix)));
    assert!(matches!(ask(&[by_id().weight(0)], &usual).await, Err(Error::EmptyMix)));
    for options in [
        ReplayOptions { sessions: 0, ..usual },
        ReplayOptions { pace: Pace::PerSecond(f64::NAN), ..usual },
        ReplayOptions { pace: Pace::PerSecond(0.0), ..usual },
        ReplayOptions { bucket: Duration::from_millis(10), ..usual },
        ReplayOptions { statement_limit: Duration::ZERO, ..usual },
    ] {
        assert!(matches!(ask(&[by_id()], &options).await, Err(Error::Options(_))), "{options:?}");
    }
    let pooled = connector.clone().through_pooler();
    let writing = ReplayOptions { write: true, ..usual };
    let refused = replay(&pooled, &[by_id()], &writing, &Stop::default()).await;
    assert!(matches!(refused, Err(Error::Options(_))));
    assert_eq!(ask(&[by_id()], &usual).await.expect("it ran").served, 0);
}
