//! A backfill whose runner is killed at random moments, and run again.

use super::scenario::Scenario;
use crate::bench::chance::between;
use crate::bench::process::Process;
use crate::failure::{Failure, Outcome};
use std::time::{Duration, Instant};

const KILLS: usize = 3;
/// The moment of a kill, as parts of the time that is left.
const MOMENTS: (f64, f64) = (0.05, 0.6);

pub(super) struct Killed {
    /// How long each runner lived that was killed.
    pub(super) after_ms: Vec<u64>,
    /// Rows that were not done once.
    pub(super) wrong: u64,
}

/// `undisturbed_ms` is what the whole takes when nobody disturbs it.
pub(super) fn run(scenario: &Scenario<'_>, undisturbed_ms: f64) -> Outcome<Killed> {
    let url = scenario.copy()?;
    let log = scenario.log("killed");
    let mut left_ms = undisturbed_ms;
    let mut after_ms = Vec::new();
    for _ in 0..KILLS {
        let start = Instant::now();
        let moment = Duration::from_secs_f64(left_ms * between(MOMENTS.0, MOMENTS.1) / 1e3);
        let mut process = Process::start(&mut scenario.pgrefit(&url), &log)?;
        match process.wait_until(start + moment)? {
            None => drop(process), // which kills it
            Some(status) if status.success() => break,
            Some(status) => return Err(Failure::of_program("go on with a killed backfill", status)),
        }
        let lived = start.elapsed();
        left_ms -= lived.as_secs_f64() * 1e3;
        after_ms.push(lived.as_millis().try_into().unwrap_or(u64::MAX));
        eprintln!("killed after {} ms, {} rows done", lived.as_millis(), scenario.done(&url)?);
    }
    let limit = Duration::from_mins(1) + Duration::from_secs_f64(undisturbed_ms * 10.0 / 1e3);
    Process::start(&mut scenario.pgrefit(&url), &log)?.succeed_until(Instant::now() + limit)?;
    Ok(Killed { after_ms, wrong: scenario.wrong()? })
}
