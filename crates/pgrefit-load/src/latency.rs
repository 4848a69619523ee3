//! Times, kept as a histogram: count, exact mean, quantiles within a thousandth of their value.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The resolution: below it, times are not told apart.
const LOWEST_NS: u64 = 256;
/// Where the histogram begins to grow when longer times come.
const USUAL_NS: u64 = 1_000_000_000;
/// A quantile is at most a thousandth off.
const DIGITS: u8 = 3;

/// Times of requests, in an `HdrHistogram`. In files: the sum, and each recorded bucket with its count, in nanoseconds.
#[derive(Clone, Default, PartialEq)]
pub struct Latency {
    /// None until the first time comes.
    histogram: Option<Histogram<u64>>,
    sum_ns: u64,
}

/// The two times of the same requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// From when the request was meant to be sent to the end of its answer: what a user feels.
    pub total: Latency,
    /// From when it was sent to the end of its answer: what the server and the network took.
    pub service: Latency,
}

impl Latency {
    /// Adds a time.
    pub fn record(&mut self, time: Duration) {
        self.record_ns(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), 1);
    }

    #[inline]
    pub(crate) fn record_ns(&mut self, ns: u64, count: u64) {
        if self.histogram.is_none() {
            self.histogram = Histogram::new_with_bounds(LOWEST_NS, USUAL_NS, DIGITS).ok();
        }
        let Some(histogram) = &mut self.histogram else { return };
        if ns > histogram.high() {
            histogram.auto(true);
        }
        // An hour and what is above it are one.
        if histogram.record_n(ns.min(3_600_000_000_000), count).is_ok() {
            self.sum_ns = self.sum_ns.saturating_add(ns.saturating_mul(count));
        }
    }

    /// How many times there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.as_ref().map_or(0, Histogram::len)
    }

    /// The sum of all, exactly.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum_ns)
    }

    /// The arithmetic mean, exactly; zero of none.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_nanos(self.sum_ns.checked_div(self.count()).unwrap_or(0))
    }

    /// The smallest; zero of none.
    #[must_use]
    pub fn min(&self) -> Duration {
        Duration::from_nanos(self.histogram.as_ref().map_or(0, Histogram::min))
    }

    /// The largest; zero of none.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.histogram.as_ref().map_or(0, Histogram::max))
    }

    /// The smallest time that at least this part of all do not exceed (nearest rank), at most a thousandth above it; zero of
    /// none. `part` is from 0 to 1: 0.99 is p99.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Duration {
        let ns = self.histogram.as_ref().map_or(0, |histogram| histogram.value_at_quantile(part));
        Duration::from_nanos(ns).min(self.max())
    }

    /// The part of all times that do not exceed `limit`; one of none.
    #[must_use]
    pub fn part_within(&self, limit: Duration) -> f64 {
        let ns = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.as_ref().map_or(1.0, |histogram| histogram.quantile_below(ns))
    }

    /// The cumulative distribution: each time that occurred, and the part of all that do not exceed it. Ascending.
    #[must_use]
    pub fn cdf(&self) -> Vec<(Duration, f64)> {
        let Some(histogram) = &self.histogram else { return Vec::new() };
        let steps = histogram.iter_recorded();
        steps.map(|step| (Duration::from_nanos(step.value_iterated_to()), step.quantile())).collect()
    }

    /// Adds the times of another.
    pub fn merge(&mut self, other: &Self) {
        let Some(theirs) = &other.histogram else { return };
        match &mut self.histogram {
            None => self.histogram = Some(theirs.clone()),
            Some(ours) => {
                ours.auto(true);
                if ours.add(theirs).is_err() {
                    return;
                }
            }
        }
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
    }
}

impl fmt::Debug for Latency {
    /// Without its buckets, of which there are thousands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Latency");
        debug.field("count", &self.count()).field("mean", &self.mean());
        debug.field("p50", &self.quantile(0.5)).field("p99", &self.quantile(0.99)).field("max", &self.max());
        debug.finish_non_exhaustive()
    }
}

impl Latencies {
    /// Adds the times of others.
    pub fn merge(&mut self, other: &Self) {
        self.total.merge(&other.total);
        self.service.merge(&other.service);
    }
}

/// A histogram in a file.
#[derive(Serialize, Deserialize)]
struct Written {
    sum_ns: u64,
    counts: Vec<(u64, u64)>,
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let recorded = self.histogram.iter().flat_map(Histogram::iter_recorded);
        let counts = recorded.map(|step| (step.value_iterated_to(), step.count_at_value())).collect();
        Written { sum_ns: self.sum_ns, counts }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { sum_ns, counts } = Written::deserialize(deserializer)?;
        let mut latency = Self::default();
        for (ns, count) in counts {
            latency.record_ns(ns, count);
        }
        latency.sum_ns = sum_ns;
        Ok(latency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times_us: impl IntoIterator<Item = u64>) -> Latency {
        let mut latency = Latency::default();
        times_us.into_iter().for_each(|us| latency.record(Duration::from_micros(us)));
        latency
    }

    #[track_caller]
    fn close(found: Duration, expected_us: u64) {
        let expected = Duration::from_micros(expected_us);
        let off = found.abs_diff(expected);
        assert!(off <= expected / 1_000 + Duration::from_nanos(LOWEST_NS), "{found:?} is not {expected:?}");
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let latency = of(1..=1_000);
        assert_eq!((latency.count(), latency.mean()), (1_000, Duration::from_nanos(500_500)));
        for (part, expected) in [(0.0, 1), (0.5, 500), (0.95, 950), (0.99, 990), (0.999, 999), (1.0, 1_000)] {
            close(latency.quantile(part), expected);
        }
        close(latency.min(), 1);
        close(latency.max(), 1_000);
        assert!((latency.part_within(Duration::from_micros(250)) - 0.25).abs() < 0.002);
    }

    #[test]
    fn nothing_has_quantiles_of_zero() {
        let none = Latency::default();
        assert_eq!((none.count(), none.mean(), none.quantile(0.99)), (0, Duration::ZERO, Duration::ZERO));
        assert!(none.cdf().is_empty());
    }

    #[test]
    fn long_times_find_a_place() {
        let latency = of([1, 90_000_000, 10_000_000_000]);
        close(latency.quantile(0.5), 90_000_000);
        close(latency.max(), 3_600_000_000);
    }

    #[test]
    fn merged_times_are_those_of_both() {
        let mut one = of(1..=500);
        one.merge(&of(501..=1_000));
        one.merge(&Latency::default());
        let mut none = Latency::default();
        none.merge(&one);
        for latency in [&one, &none] {
            assert_eq!(latency.mean(), of(1..=1_000).mean());
            assert_eq!(latency.cdf(), of(1..=1_000).cdf());
        }
        let mut long = of([1]);
        long.merge(&of([60_000_000]));
        close(long.max(), 60_000_000);
    }

    #[test]
    fn a_file_gives_the_same_back() {
        for latency in [Latency::default(), of(1..=1_000), of([1, 2_000_000, 70_000_000])] {
            let text = serde_json::to_string(&latency).expect("written");
            let back: Latency = serde_json::from_str(&text).expect("read");
            assert_eq!((back.cdf(), back.sum()), (latency.cdf(), latency.sum()), "{text}");
        }
    }

    #[test]
    fn the_distribution_ends_at_one() {
        let cdf = of([10, 10, 20, 40]).cdf();
        let parts: Vec<f64> = cdf.iter().map(|(_, part)| *part).collect();
        assert_eq!(parts, [0.5, 0.75, 1.0]);
    }
}
