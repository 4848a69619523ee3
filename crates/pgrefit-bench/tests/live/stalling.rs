//! A mix that somebody's lock keeps waiting.

use std::time::Duration;

use pgrefit_bench::{Pace, ReplayOptions, Traffic, TrafficTolerance};
use pgrefit_report::Status;

use super::place::Place;
use super::replaying::{by_id, replay_beside};

/// Has ACCESS EXCLUSIVE held for a second, from half a second on.
async fn locked(options: &ReplayOptions) -> Traffic {
    let place = Place::new().await;
    let mut admin = place.admin().await;
    let locking = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        admin.batch("BEGIN; LOCK TABLE documents; SELECT pg_sleep(1); COMMIT").await.expect("locked");
    };
    replay_beside(&place.connector(), &[by_id()], options, 2200, locking).await
}

fn about_a_second(duration: Duration) -> bool {
    (Duration::from_millis(900)..Duration::from_millis(1600)).contains(&duration)
}

#[tokio::test]
async fn a_closed_loop_sees_the_stall_once_a_session() {
    let traffic = locked(&ReplayOptions { sessions: 3, ..ReplayOptions::default() }).await;
    let stall = traffic.longest_stall;
    assert!(about_a_second(stall.lasted), "{stall:?}");
    assert!((Duration::from_millis(350)..Duration::from_millis(900)).contains(&stall.began_at), "{stall:?}");
    assert!(about_a_second(traffic.longest.as_ref().expect("one").took), "{traffic:?}");
    assert_eq!((traffic.failed, traffic.cut_off), (0, 0));
    // Three of many hundreds: p99 does not show it.
    assert!(traffic.p99 < Duration::from_millis(500), "{traffic:?}");
    let findings = traffic
        .findings(&TrafficTolerance { stall: Duration::from_millis(500), ..TrafficTolerance::default() });
    assert!(findings.iter().any(|it| it.check == "traffic-stalls" && it.status == Status::Fail));
    assert!(traffic.findings(&TrafficTolerance::default()).is_empty());
}

#[tokio::test]
async fn an_open_loop_counts_everybody_who_would_have_waited() {
    let options = ReplayOptions { sessions: 3, pace: Pace::PerSecond(50.0), ..ReplayOptions::default() };
    let traffic = locked(&options).await;
    assert!(about_a_second(traffic.longest_stall.lasted), "{traffic:?}");
    // 50 of 110 were due within the second; half of those waited for half of it at least.
    assert!(about_a_second(traffic.p99) || traffic.p99 > Duration::from_millis(900), "{traffic:?}");
    let slow: u64 =
        traffic.buckets.iter().filter(|it| it.p50 > Duration::from_millis(100)).map(|it| it.served).sum();
    assert!(slow > 30, "{traffic:?}");
    assert_eq!(traffic.failed, 0);
}

#[tokio::test]
async fn time_limits_turn_waiting_into_failures() {
    let limit = Duration::from_millis(200);
    for (options, sqlstate) in [
        (ReplayOptions { statement_limit: limit, ..ReplayOptions::default() }, "57014"),
        (ReplayOptions { lock_limit: limit, ..ReplayOptions::default() }, "55P03"),
        (ReplayOptions { lock_limit: limit, write: true, ..ReplayOptions::default() }, "55P03"),
    ] {
        let traffic = locked(&options).await;
        let failures = &traffic.failures[sqlstate];
        assert!(failures.count >= 4 && failures.count == traffic.failed, "{traffic:?}");
        assert_eq!((traffic.timed_out, traffic.lost, traffic.reconnects), (failures.count, 0, 0));
        // Nothing of the mix was completed all the same.
        assert!(about_a_second(traffic.longest_stall.lasted), "{:?}", traffic.longest_stall);
        let findings = traffic.findings(&TrafficTolerance::default());
        assert_eq!(
            (findings[0].check.as_str(), findings[0].object.as_deref()),
            ("traffic-fails", Some(sqlstate))
        );
    }
}
