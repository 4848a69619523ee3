//! Rounds of measurement: contenders take turns, and medians with their range are compared.

use crate::failure::{Failure, Outcome};
use crate::shell;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One tool doing one job, and how long it took in each round.
pub(super) struct Contender<'a> {
    pub(super) name: &'static str,
    /// Prepares a round and gives the command to time.
    pub(super) prepare: Box<dyn FnMut() -> Outcome<Command> + 'a>,
    pub(super) times: Times,
}

impl<'a> Contender<'a> {
    pub(super) fn new(name: &'static str, prepare: impl FnMut() -> Outcome<Command> + 'a) -> Self {
        Self { name, prepare: Box::new(prepare), times: Times::default() }
    }
}

/// Runs every contender once per round. Each round begins with another one, so that none always meets the
/// same warm caches.
pub(super) fn measure(contenders: &mut [Contender<'_>], rounds: usize) -> Outcome<()> {
    let count = contenders.len();
    for round in 0..rounds {
        for turn in 0..count {
            let contender = &mut contenders[(round + turn) % count];
            let time = time(&mut (contender.prepare)()?)?;
            contender.times.push(time);
        }
    }
    Ok(())
}

/// Wall time from start to exit. The output is kept out of the measurement, and shown if the command fails.
fn time(command: &mut Command) -> Outcome<Duration> {
    command.stdin(Stdio::null());
    let start = Instant::now();
    let output = command.output();
    let elapsed = start.elapsed();
    let line = shell::line(command);
    let output = output.map_err(|cause| Failure::because(format!("start {line}"), cause))?;
    if output.status.success() {
        return Ok(elapsed);
    }
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    Err(Failure::of_program(format!("run {line}"), output.status))
}

/// The times of one contender, in the order of the rounds.
#[derive(Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(super) fn median_ms(&self) -> f64 {
        median(&self.sorted_ms())
    }

    /// Shortest and longest.
    pub(super) fn range_ms(&self) -> (f64, f64) {
        let sorted = self.sorted_ms();
        let end = |value: Option<&f64>| value.copied().unwrap_or_default();
        (end(sorted.first()), end(sorted.last()))
    }

    pub(super) fn to_json(&self) -> Value {
        let (min_ms, max_ms) = self.range_ms();
        let all_ms: Vec<_> = self.0.iter().copied().map(ms).collect();
        json!({ "median_ms": self.median_ms(), "min_ms": min_ms, "max_ms": max_ms, "all_ms": all_ms })
    }

    fn sorted_ms(&self) -> Vec<f64> {
        let mut sorted: Vec<_> = self.0.iter().copied().map(ms).collect();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

/// The middle of sorted values; 0 for none.
pub(super) fn median(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::{Contender, Times, measure};
    use std::cell::RefCell;
    use std::process::Command;
    use std::time::Duration;

    #[test]
    fn medians_and_ranges() {
        let check = |times_ms: &[u64], median: f64, range: (f64, f64)| {
            let times = Times(times_ms.iter().copied().map(Duration::from_millis).collect());
            assert_eq!((times.median_ms(), times.range_ms()), (median, range), "{times_ms:?}");
        };
        check(&[], 0.0, (0.0, 0.0));
        check(&[7], 7.0, (7.0, 7.0));
        check(&[9, 1, 5], 5.0, (1.0, 9.0));
        check(&[4, 1, 2, 9], 3.0, (1.0, 9.0));
    }

    #[test]
    fn each_round_begins_with_another_contender() {
        let order = RefCell::new(String::new());
        let contender = |name: &'static str| {
            let order = &order;
            Contender::new(name, move || {
                order.borrow_mut().push_str(name);
                Ok(Command::new("true"))
            })
        };
        measure(&mut [contender("a"), contender("b"), contender("c")], 3).expect("three rounds");
        assert_eq!(*order.borrow(), "abcbcacab");
    }

    #[test]
    fn a_failing_contender_ends_the_measurement() {
        let mut failing = [Contender::new("false", || Ok(Command::new("false")))];
        assert!(measure(&mut failing, 1).is_err());
    }
}
