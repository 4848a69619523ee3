//! Latencies in little memory, whatever their number.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::Error;

/// Latencies with two significant digits: each is told too long by at most 1 %. The longest is kept exactly.
#[derive(Debug, Clone)]
pub(crate) struct Latencies {
    micros: Histogram<u32>,
    max: Duration,
}

/// The largest latency that can be told apart: an hour.
const LONGEST_MICROS: u64 = 3_600_000_000;

impl Latencies {
    /// An empty one, of at most a hundred kilobytes whatever is recorded.
    pub(crate) fn new() -> Result<Self, Error> {
        let mut micros = Histogram::new_with_bounds(1, 1000, 2)?;
        micros.auto(true);
        Ok(Self { micros, max: Duration::ZERO })
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).clamp(1, LONGEST_MICROS);
        // Grows by itself up to any value; what it could not take would count as the longest that it can.
        if self.micros.record(micros).is_err() {
            self.micros.saturating_record(micros);
        }
        self.max = self.max.max(latency);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        if self.micros.add(&other.micros).is_err() {
            tracing::debug!("latencies could not be merged");
        }
        self.max = self.max.max(other.max);
    }

    /// Nearest-rank, and never above the longest.
    pub(crate) fn percentile(&self, percent: u32) -> Duration {
        let micros = self.micros.value_at_quantile(f64::from(percent.min(100)) / 100.0);
        Duration::from_micros(micros).min(self.max)
    }

    pub(crate) fn max(&self) -> Duration {
        self.max
    }

    pub(crate) fn count(&self) -> u64 {
        self.micros.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::new().expect("a histogram");
        millis.into_iter().for_each(|ms| latencies.record(Duration::from_millis(ms)));
        latencies
    }

    #[track_caller]
    fn check(latencies: &Latencies, percent: u32, expected_ms: u64) {
        let (found, expected) = (latencies.percentile(percent), Duration::from_millis(expected_ms));
        assert!(found >= expected && found <= expected.mul_f64(1.01), "p{percent} is {found:?}");
    }

    #[test]
    fn percentiles_are_told_within_a_hundredth() {
        let latencies = of(1..=1000);
        check(&latencies, 50, 500);
        check(&latencies, 99, 990);
        check(&latencies, 100, 1000);
        assert_eq!((latencies.count(), latencies.max()), (1000, Duration::from_secs(1)));
        check(&of([3]), 50, 3);
        assert_eq!(of([]).percentile(99), Duration::ZERO);
    }

    #[test]
    fn the_longest_is_kept_beyond_an_hour() {
        let latencies = of([10_000_000]);
        assert_eq!(latencies.max(), Duration::from_secs(10_000));
        check(&latencies, 50, 3_600_000);
        assert_eq!(latencies.count(), 1);
    }

    #[test]
    fn two_merged_are_as_one() {
        let mut merged = of(1..=500);
        merged.add(&of(501..=1000));
        check(&merged, 50, 500);
        check(&merged, 99, 990);
        assert_eq!(merged.count(), 1000);
    }
}
