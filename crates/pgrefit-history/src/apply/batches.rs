//! What the batches of one migration came to.

use std::collections::BTreeMap;
use std::time::Duration;

/// How many batches there were, how long they took, and how many rows they wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batches {
    /// Rows written.
    pub rows: u64,
    /// How many batches took so many milliseconds, commit included.
    times: BTreeMap<u64, u64>,
}

impl Batches {
    /// Counts a batch.
    pub(super) fn add(&mut self, took: Duration, rows: u64) {
        self.rows += rows;
        *self.times.entry(took.as_millis().try_into().unwrap_or(u64::MAX)).or_default() += 1;
    }

    /// Counts those of another one too.
    pub(super) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for (ms, count) in &other.times {
            *self.times.entry(*ms).or_default() += count;
        }
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.times.values().sum()
    }

    /// The time that so many percent of them did not exceed; none without batches.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        // The rank of the nearest one, from 1.
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        self.times.iter().find_map(|(ms, count)| {
            seen += count;
            (seen >= rank).then(|| Duration::from_millis(*ms))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let mut batches = Batches::default();
        assert_eq!((batches.count(), batches.percentile(99)), (0, None));
        for ms in 1..=200 {
            batches.add(Duration::from_millis(ms), 5);
        }
        let check = |percent, ms| assert_eq!(batches.percentile(percent), Some(Duration::from_millis(ms)));
        check(50, 100);
        check(99, 198);
        check(100, 200);
        assert_eq!((batches.count(), batches.rows), (200, 1000));
    }
}
