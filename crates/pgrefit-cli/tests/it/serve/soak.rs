//! A long run while the database goes away and comes back: memory flat, every scrape quick, no session left over.

use std::io::{Write as _, stderr};
use std::time::{Duration, Instant};

use super::exporter::{Exporter, is, value};
use super::{SCRAPE_MAX, V1, exporter};
use crate::concurrency::until;
use crate::harness::{Database, Folder, pgrefit};
use pgrefit_scratch::StopMode;

const SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgrefit/% serve'";
const MEMORY: &str = "pgrefit_exporter_resident_memory_bytes";
/// What memory may grow by after the first quarter: an allocator keeps some of what it was given.
const GROWTH_MAX: f64 = 4.0 * 1024.0 * 1024.0;
/// Between two scrapes.
const PAUSE: Duration = Duration::from_millis(100);

#[test]
fn twenty_seconds_with_a_database_that_comes_and_goes() {
    soak(Duration::from_secs(20), Duration::from_secs(5));
}

#[test]
#[ignore = "ten minutes"]
fn ten_minutes_with_a_database_that_comes_and_goes() {
    soak(Duration::from_mins(10), Duration::from_mins(1));
}

/// What was seen in one quarter of the run.
#[derive(Debug, Default, Clone, Copy)]
struct Quarter {
    scrapes: u32,
    slowest: Duration,
    memory_max: f64,
}

/// In every period the database is up for the first half, and gone for the second.
fn soak(whole: Duration, period: Duration) {
    let (mut database, folder) = (Database::alone(), Folder::new(&[V1]));
    pgrefit(["migrate"]).on(&database).inside(folder.path()).run().expect(0);
    let exporter = exporter(&database, &folder, &["--audit-every", "1s"]);
    let name = database.name.clone();
    let up = format!("pgrefit_database_up{{database=\"{name}\"}}");
    exporter.until(&format!("pgrefit_audits_total{{database=\"{name}\",outcome=\"done\"}}"), |count| {
        count >= 2.0
    });
    let idle = sessions_at_rest(&database);
    let (began, mut quarters) = (Instant::now(), [Quarter::default(); 4]);
    let (mut is_up, mut turns) = (true, 0);
    while began.elapsed() < whole {
        let wants_up = began.elapsed().as_millis() % period.as_millis() < period.as_millis() / 2;
        if wants_up != is_up {
            until(if is_up { "it is up" } else { "it is down" }, Duration::from_secs(20), || {
                scrape(&exporter, began, whole, &mut quarters)
                    && exporter.value(&up) == Some(f64::from(u8::from(is_up)))
            });
            if wants_up {
                database.server.restart().unwrap();
            } else {
                database.server.stop_mode(StopMode::Fast).unwrap();
            }
            (is_up, turns) = (wants_up, turns + 1);
        }
        assert!(scrape(&exporter, began, whole, &mut quarters));
        std::thread::sleep(PAUSE);
    }
    if !is_up {
        database.server.restart().unwrap();
    }
    exporter.until(&up, is(1.0));
    until("as many sessions as before", Duration::from_secs(20), || sessions_at_rest(&database) == idle);
    let grown = quarters[3].memory_max - quarters[1].memory_max;
    let _ =
        writeln!(stderr(), "{turns} turns, sessions at rest {idle}, grown by {grown} bytes: {quarters:#?}");
    assert!(turns >= 4, "{turns}");
    assert!(grown < GROWTH_MAX, "{quarters:?}");
}

/// One scrape, into the quarter that it belongs to.
fn scrape(exporter: &Exporter, began: Instant, whole: Duration, quarters: &mut [Quarter; 4]) -> bool {
    let answer = exporter.get("/metrics");
    assert!(answer.code == 200 && answer.took < SCRAPE_MAX, "{} in {:?}", answer.code, answer.took);
    let at = (began.elapsed().as_millis() * 4 / whole.as_millis()).min(3);
    let quarter = &mut quarters[usize::try_from(at).unwrap()];
    quarter.scrapes += 1;
    quarter.slowest = quarter.slowest.max(answer.took);
    quarter.memory_max = quarter.memory_max.max(value(&answer.body, MEMORY).unwrap());
    true
}

/// The fewest sessions of the exporter within two seconds: an audit comes and goes.
fn sessions_at_rest(database: &Database) -> usize {
    let looks = (0..20).map(|_| {
        std::thread::sleep(PAUSE);
        database.value(SESSIONS).parse::<usize>().unwrap()
    });
    looks.min().unwrap()
}
