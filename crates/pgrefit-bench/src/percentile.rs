//! Percentiles of a few measurements.

use std::time::Duration;

/// The nearest-rank percentile of sorted values: the smallest value that at least `percent` of a hundred of them do not exceed.
///
/// It is the value at rank ⌈percent ⁄ 100 × n⌉, counted from 1, so it is always one that was measured, never one between two. Of
/// 20 values p95 is the 19th, so that one outlier does not decide it; of fewer than 20 it is the largest, and p99 is the largest
/// of fewer than 100. Zero if there are none. `percent` above 100 is 100.
#[must_use]
pub fn nearest_rank(sorted: &[Duration], percent: u32) -> Duration {
    debug_assert!(sorted.is_sorted(), "percentiles are of sorted values");
    let rank = (sorted.len() * percent.min(100) as usize).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the values 1 ms to n ms.
    #[track_caller]
    fn check(n: u64, percent: u32, expected_ms: u64) {
        let values: Vec<_> = (1..=n).map(Duration::from_millis).collect();
        assert_eq!(nearest_rank(&values, percent), Duration::from_millis(expected_ms), "p{percent} of {n}");
    }

    #[test]
    fn nearest_ranks() {
        check(0, 95, 0);
        check(1, 0, 1);
        check(1, 50, 1);
        check(1, 99, 1);
        check(2, 50, 1);
        check(2, 51, 2);
        check(3, 50, 2);
        check(5, 30, 2);
        check(5, 40, 2);
        check(19, 95, 19);
        check(20, 50, 10);
        check(20, 95, 19);
        check(20, 99, 20);
        check(21, 95, 20);
        check(40, 95, 38);
        check(100, 99, 99);
        check(100, 100, 100);
        check(100, 250, 100);
        check(1000, 99, 990);
    }
}
