//! What the application noticed in one run, from pgbench's transactions. Pure.

use super::log::{Fate, Transaction};
use serde_json::{Value, json};

/// What a person notices.
const SLOW_US: u64 = 100_000;

/// What a person no longer waits for, and pgbench no longer begins.
pub(super) const LATE_US: u64 = 1_000_000;

/// From the begin of the reader to the end of the run, in microseconds since 1970.
#[derive(Clone, Copy)]
pub(in crate::bench) struct Window {
    pub(in crate::bench) from_us: u64,
    pub(in crate::bench) to_us: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::bench) struct Figures {
    /// Transactions of the window, whatever became of them.
    pub(in crate::bench) offered: usize,
    pub(in crate::bench) max_ms: f64,
    pub(in crate::bench) p99_ms: f64,
    /// Transactions that took more than 100 ms, and what they took above it together.
    pub(in crate::bench) slow: usize,
    pub(in crate::bench) slow_sum_ms: f64,
    /// The longest time in which no transaction ended.
    pub(in crate::bench) silence_ms: f64,
    /// Skipped, or answered more than a second late.
    pub(in crate::bench) not_served: usize,
    /// Ended by an error; clients that gave up are among them.
    pub(in crate::bench) failed: usize,
}

impl Figures {
    pub(in crate::bench) fn of(transactions: &[Transaction], aborted_clients: usize, window: Window) -> Self {
        let inside = |t: &&Transaction| (window.from_us..=window.to_us).contains(&t.ended_us);
        let inside: Vec<_> = transactions.iter().filter(inside).collect();
        let count = |fate| inside.iter().filter(|t| t.fate == fate).count();
        let mut latencies: Vec<_> = inside.iter().filter_map(|t| latency_us(t)).collect();
        latencies.sort_unstable();
        let above = |limit| latencies.iter().filter(move |latency| **latency > limit);
        let mut ends: Vec<_> =
            inside.iter().filter(|t| latency_us(t).is_some()).map(|t| t.ended_us).collect();
        ends.extend([window.from_us, window.to_us]);
        ends.sort_unstable();
        Self {
            offered: inside.len() + aborted_clients,
            max_ms: ms(latencies.last().copied().unwrap_or_default()),
            p99_ms: ms(quantile_99(&latencies)),
            slow: above(SLOW_US).count(),
            slow_sum_ms: ms(above(SLOW_US).map(|latency| latency - SLOW_US).sum()),
            silence_ms: ms(ends.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()),
            not_served: count(Fate::Skipped) + above(LATE_US).count(),
            failed: count(Fate::Failed) + aborted_clients,
        }
    }

    pub(in crate::bench) fn to_json(&self) -> Value {
        json!({
            "offered": self.offered,
            "max_ms": self.max_ms,
            "p99_ms": self.p99_ms,
            "over_100_ms": self.slow,
            "over_100_ms_sum_ms": self.slow_sum_ms,
            "silence_ms": self.silence_ms,
            "not_served": self.not_served,
            "failed": self.failed,
        })
    }
}

fn latency_us(transaction: &Transaction) -> Option<u64> {
    match transaction.fate {
        Fate::Served { latency_us } => Some(latency_us),
        Fate::Skipped | Fate::Failed => None,
    }
}

/// The smallest value that 99 of 100 do not exceed.
fn quantile_99(sorted: &[u64]) -> u64 {
    let rank = (sorted.len() * 99).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "exact for 285 years of microseconds")]
fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::{Fate, Figures, Transaction, Window, quantile_99};

    const WINDOW: Window = Window { from_us: 1_000_000, to_us: 11_000_000 };

    fn at(ended_us: u64, fate: Fate) -> Transaction {
        Transaction { ended_us, script: 0, fate }
    }

    fn served(ended_us: u64, latency_us: u64) -> Transaction {
        at(ended_us, Fate::Served { latency_us })
    }

    #[test]
    fn only_the_window_counts() {
        let outside = [served(999_999, 9_000_000), at(11_000_001, Fate::Failed)];
        let expected = Figures { silence_ms: 10_000.0, ..Figures::default() };
        assert_eq!(Figures::of(&outside, 0, WINDOW), expected);
    }

    #[test]
    fn every_fate_is_counted_once() {
        let run = [
            served(2_000_000, 100_000),
            served(3_000_000, 350_000),
            at(3_100_000, Fate::Skipped),
            served(9_000_000, 5_600_000),
            at(9_500_000, Fate::Failed),
            served(10_000_000, 1_000_000),
        ];
        let expected = Figures {
            offered: 7,
            max_ms: 5600.0,
            p99_ms: 5600.0,
            slow: 3,
            slow_sum_ms: 250.0 + 5500.0 + 900.0,
            silence_ms: 6000.0,
            not_served: 2,
            failed: 2,
        };
        assert_eq!(Figures::of(&run, 1, WINDOW), expected);
    }

    #[test]
    fn the_99th_of_100() {
        let check = |count: u64, expected| {
            let sorted: Vec<_> = (1..=count).collect();
            assert_eq!(quantile_99(&sorted), expected, "{count}");
        };
        check(0, 0);
        check(1, 1);
        check(99, 99);
        check(100, 99);
        check(200, 198);
        check(201, 199);
    }
}
