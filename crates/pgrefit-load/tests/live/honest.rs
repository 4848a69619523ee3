//! The open loop: times from the intended start, rates, what it says about itself.

use std::time::{Duration, Instant};

use pgrefit_load::{Arrivals, LoadOptions, LoadStatement, Pace, run};
use pgrefit_pg::Stop;
use tokio::time::sleep;

use super::place::{Place, closed};

const TABLE: &str = "CREATE TABLE t (n int PRIMARY KEY, text text); INSERT INTO t SELECT n, 'x' FROM generate_series(1, 100) AS n";

/// Locks the table for half a second, a second after now.
async fn lock(place: &Place) {
    sleep(Duration::from_secs(1)).await;
    place.setup("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.5); COMMIT").await;
}

fn open(per_second: f64, arrivals: Arrivals) -> LoadOptions {
    let pace = Pace::Open { per_second, arrivals };
    LoadOptions { pace, duration: Duration::from_secs(4), ..closed(4) }
}

#[tokio::test]
async fn a_stall_is_seen_by_the_open_loop_and_not_by_the_closed_one() {
    let place = Place::one();
    place.setup(TABLE).await;
    let drawn = place.drawn(&[LoadStatement::new("one", "SELECT text FROM t WHERE n = 7")]).await;
    let options = open(400.0, Arrivals::Poisson);
    let (of_open, ()) = tokio::join!(place.run(&drawn, &options), lock(&place));
    let options = LoadOptions { duration: options.duration, ..closed(4) };
    let (of_closed, ()) = tokio::join!(place.run(&drawn, &options), lock(&place));
    let p99 = |run: &pgrefit_load::LoadRun| run.all.total.quantile(0.99);
    assert!(p99(&of_open) >= Duration::from_millis(400), "{:?}", p99(&of_open));
    assert!(p99(&of_closed) <= Duration::from_millis(50), "{:?}", p99(&of_closed));
    // Both have seen the longest one; what a user feels is in the total time, not in that of the server.
    assert!(of_closed.all.total.max() >= Duration::from_millis(450));
    assert!(of_open.all.service.quantile(0.9) < Duration::from_millis(50));
    assert!(of_open.queue_wait.quantile(0.99) >= Duration::from_millis(300));
    let asked = of_open.done + of_open.failed + of_open.unfinished + of_open.dropped;
    assert!((1_400..=1_800).contains(&asked) && of_open.done == asked, "{asked} {}", of_open.done);
}

#[tokio::test]
async fn the_rate_is_kept_and_the_own_lateness_told() {
    let place = Place::one();
    for (arrivals, threads) in [(Arrivals::Even, 1), (Arrivals::Even, 3), (Arrivals::Poisson, 2)] {
        let options = LoadOptions { threads, duration: Duration::from_secs(2), ..open(500.0, arrivals) };
        let run = place.load("SELECT 1", &options).await;
        let slack = if arrivals == Arrivals::Even { 5 } else { 160 };
        assert!(run.done.abs_diff(1_000) <= slack, "{arrivals:?} {threads}: {}", run.done);
        assert_eq!(run.lag.count(), run.done);
        let (total, parts) =
            (run.all.total.sum(), run.all.service.sum() + run.lag.sum() + run.queue_wait.sum());
        assert!(total.abs_diff(parts) < total / 50, "{total:?} {parts:?}");
    }
}

#[tokio::test]
async fn what_does_not_find_a_place_is_told() {
    let place = Place::one();
    let options = LoadOptions {
        connections: 1,
        queue_max: 10,
        warm_up: Duration::ZERO,
        duration: Duration::from_secs(1),
        drain: Duration::from_millis(200),
        ..open(1_000.0, Arrivals::Even)
    };
    let run = place.load("SELECT pg_catalog.pg_sleep(0.05)", &options).await;
    assert!((10..=24).contains(&run.done), "{}", run.done);
    assert!((5..=11).contains(&run.unfinished), "{}", run.unfinished);
    assert_eq!(run.done + run.unfinished + run.dropped, 1_000);
    assert_eq!(run.statements[0].unanswered, run.unfinished + run.dropped);
}

/// A request of the warm-up that is never answered leaves nothing to measure, which must not look like nothing to tell.
#[tokio::test]
async fn what_hangs_from_the_warm_up_on_is_told() {
    let place = Place::one();
    let ms = Duration::from_millis;
    let options = LoadOptions { warm_up: ms(100), duration: ms(300), drain: ms(100), ..closed(1) };
    let run = place.load("SELECT pg_catalog.pg_sleep(20)", &options).await;
    assert_eq!((run.done, run.unfinished, run.statements[0].unanswered), (0, 1, 1), "{run:?}");
}

#[tokio::test]
async fn a_request_to_stop_ends_it_and_what_it_runs() {
    let place = Place::one();
    let (connector, stop) = (place.connector(), Stop::default());
    let drawn = place.drawn(&[LoadStatement::new("one", "SELECT pg_catalog.pg_sleep(20)")]).await;
    let options = LoadOptions { duration: Duration::from_secs(30), ..closed(2) };
    let mut asked = None;
    let outcome = run(&connector, &drawn, &options, &stop, |tick| {
        if !tick.warm_up && asked.is_none() {
            stop.request();
            asked = Some(Instant::now());
        }
    });
    let outcome = outcome.await.expect("what was measured until then");
    let took = asked.expect("a second was told").elapsed();
    assert!(outcome.stopped && took < Duration::from_secs(3), "{took:?}");
    assert!((1.0..3.0).contains(&outcome.elapsed.as_secs_f64()), "{:?}", outcome.elapsed);
    assert_eq!((outcome.done, outcome.failed), (0, 0));
    let mut session = place.migrator().await;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'load' AND query LIKE '%sleep(20)%' \
               AND pid <> pg_backend_pid() AND state = 'active'";
    sleep(Duration::from_millis(300)).await;
    assert_eq!(session.simple(sql).await.expect("asked"), [[Some("0".to_owned())]]);
}

#[tokio::test]
async fn ticks_come_once_a_second() {
    let place = Place::one();
    let drawn = place.drawn(&[LoadStatement::new("one", "SELECT 1")]).await;
    let options = LoadOptions {
        warm_up: Duration::from_millis(1_500),
        duration: Duration::from_secs(2),
        threads: 2,
        ..closed(2)
    };
    let mut ticks = Vec::new();
    let outcome = run(&place.connector(), &drawn, &options, &Stop::default(), |tick| ticks.push(*tick))
        .await
        .expect("it ran");
    let seconds: Vec<_> =
        ticks.iter().take(4).map(|tick| (tick.second, tick.warm_up, tick.connected)).collect();
    assert_eq!(seconds, [(0, true, 2), (1, true, 2), (2, false, 2), (3, false, 2)]);
    assert_eq!(outcome.windows[..], [ticks[2].window, ticks[3].window]);
    assert!(
        outcome
            .windows
            .iter()
            .all(|window| window.done > 0 && window.p50 <= window.p95 && window.p95 <= window.p99)
    );
}
