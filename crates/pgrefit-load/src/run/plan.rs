//! What every thread of a load knows: the statements as requests, their weights, the times.

use std::time::Duration;

use fastrand::Rng;
use pgrefit_pg::wire::{Call, ResultForm};

use crate::draw::DrawnStatement;
use crate::generate::Source;
use crate::outcome::whole;
use crate::{Arrivals, Drawn, Error, LoadOptions, Pace, Results};

/// The plan of a load.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) statements: Vec<Planned>,
    /// For each statement the sum of the weights up to it; the last is the sum of all.
    weights: Vec<u64>,
    pub(super) options: LoadOptions,
    pub(super) threads: usize,
    pub(super) times: Times,
}

/// One statement of the mix.
#[derive(Debug)]
pub(super) struct Planned {
    /// Its name in the workload.
    pub(super) title: String,
    /// Its name in a session.
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) call: Call,
    pub(super) source: Source,
    pub(super) budget: Duration,
}

/// The times of a load, in nanoseconds from its beginning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// The warm-up is over.
    pub(super) measure: u64,
    /// Nothing is asked any more.
    pub(super) end: u64,
    /// What was not answered is given up.
    pub(super) give_up: u64,
    /// From the beginning of the first window, which may be cut, to the beginning of the load: windows are aligned with the
    /// measurement.
    offset: u64,
}

/// What one thread has of the whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub(super) users: usize,
    pub(super) queue_max: usize,
}

const SECOND: u64 = 1_000_000_000;

impl Plan {
    pub(super) fn new(drawn: &Drawn, options: &LoadOptions) -> Result<Self, Error> {
        let mix = drawn.drawn().iter().filter(|drawn| drawn.statement.weight > 0);
        let mut sum = 0;
        let weights = mix.clone().map(|drawn| {
            sum += u64::from(drawn.statement.weight);
            sum
        });
        let weights = weights.collect();
        let statements = mix.enumerate().map(|(place, drawn)| Planned::new(place, drawn));
        let statements: Vec<_> = statements.collect::<Result<_, _>>()?;
        if statements.is_empty() {
            return Err(Error::Options { what: "no statement has a weight above 0".to_owned() });
        }
        let (threads, times) = (options.threads_used(), Times::new(options));
        Ok(Self { statements, weights, options: options.clone(), threads, times })
    }

    /// A statement by lot.
    #[inline]
    pub(super) fn pick(&self, rng: &mut Rng) -> usize {
        let Some(sum) = self.weights.last().filter(|_| self.weights.len() > 1) else { return 0 };
        let lot = rng.u64(..*sum);
        self.weights.partition_point(|end| *end <= lot)
    }

    /// What a thread has of it: of what does not divide evenly, the first threads have one more.
    pub(super) fn share(&self, thread: usize) -> Share {
        let users = match self.options.pace {
            Pace::Closed { users, .. } => part(users, self.threads, thread),
            Pace::Open { .. } => 0,
        };
        Share { users, queue_max: part(self.options.queue_max, self.threads, thread).max(1) }
    }

    /// The gap between the requests of one thread in nanoseconds, on average; `None` in a closed loop.
    pub(super) fn gap(&self) -> Option<(f64, Arrivals)> {
        let Pace::Open { per_second, arrivals } = self.options.pace else { return None };
        let threads = whole(u64::try_from(self.threads).unwrap_or(1));
        Some((threads * whole(SECOND) / per_second, arrivals))
    }
}

impl Planned {
    fn new(place: usize, DrawnStatement { statement, source }: &DrawnStatement) -> Result<Self, Error> {
        let results = match statement.results {
            Results::Text => ResultForm::Text,
            Results::Binary => ResultForm::Binary,
        };
        let name = format!("s{place}");
        let failed = |source| Error::Prepare { statement: statement.name.clone(), source };
        let call = Call::new(&name, source.width(), results).map_err(failed)?;
        let (title, sql, budget) = (statement.name.clone(), statement.sql.clone(), statement.budget);
        Ok(Self { title, name, sql, call, source: source.clone(), budget })
    }
}

impl Times {
    fn new(options: &LoadOptions) -> Self {
        let measure = nanoseconds(options.warm_up);
        let end = measure.saturating_add(nanoseconds(options.duration));
        let give_up = end.saturating_add(nanoseconds(options.drain));
        Self { measure, end, give_up, offset: measure.next_multiple_of(SECOND) - measure }
    }

    /// The same, for a load that ends at `now`.
    pub(super) fn ended(self, now: u64, drain: Duration) -> Self {
        let end = self.end.min(now);
        Self { end, give_up: end.saturating_add(nanoseconds(drain)), ..self }
    }

    /// The window in which a moment is.
    #[inline]
    pub(super) fn window(&self, now: u64) -> u64 {
        now.saturating_add(self.offset) / SECOND
    }

    /// Where a window ends.
    pub(super) fn window_end(&self, window: u64) -> u64 {
        (window + 1).saturating_mul(SECOND).saturating_sub(self.offset)
    }

    /// How many windows belong to the warm-up.
    pub(super) fn warm_up_windows(&self) -> u64 {
        self.measure.saturating_add(self.offset) / SECOND
    }

    /// Whether a request that was meant to be sent at this moment counts.
    #[inline]
    pub(super) fn counts(&self, intended: u64) -> bool {
        (self.measure..self.end).contains(&intended)
    }

    /// The measured part of the time between two moments.
    pub(super) fn measured(&self, from: u64, to: u64) -> u64 {
        to.min(self.end).saturating_sub(from.max(self.measure))
    }
}

pub(super) fn part(whole: usize, threads: usize, thread: usize) -> usize {
    whole / threads + usize::from(thread < whole % threads)
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_aligned_with_the_measurement() {
        let times = |warm_up_ms| {
            let warm_up = Duration::from_millis(warm_up_ms);
            Times::new(&LoadOptions { warm_up, ..LoadOptions::default() })
        };
        let check = |warm_up_ms, now_ms: u64, expected| {
            assert_eq!(times(warm_up_ms).window(now_ms * 1_000_000), expected, "{warm_up_ms} {now_ms}");
        };
        check(0, 0, 0);
        check(0, 999, 0);
        check(500, 0, 0);
        check(500, 499, 0);
        check(500, 500, 1);
        check(2_000, 1_999, 1);
        check(2_000, 2_000, 2);
        assert_eq!((times(500).warm_up_windows(), times(2_000).warm_up_windows()), (1, 2));
        assert_eq!((times(500).window_end(0), times(500).window_end(1)), (500_000_000, 1_500_000_000));
    }

    #[test]
    fn everything_is_shared_out() {
        for (whole, threads) in [(5, 2), (1, 3), (16, 4), (0, 2)] {
            assert_eq!((0..threads).map(|thread| part(whole, threads, thread)).sum::<usize>(), whole);
        }
    }

    #[test]
    fn only_the_measured_time_counts() {
        let times = Times::new(&LoadOptions::default());
        assert_eq!(times.measured(0, u64::MAX), 10 * SECOND);
        assert_eq!(times.measured(3 * SECOND, 5 * SECOND), 2 * SECOND);
        assert_eq!(times.measured(0, SECOND), 0);
        let ended = times.ended(4 * SECOND, Duration::from_secs(1));
        assert_eq!((ended.measured(0, u64::MAX), ended.give_up), (2 * SECOND, 5 * SECOND));
    }
}
