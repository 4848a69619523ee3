//! Runs that came to nothing: they have no time, so that a side that loses its slow ones looks faster than it is.

use std::ops::Add;

use super::Sample;

/// Runs of one statement on one side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    /// Failed, not sent, or without an answer in the end.
    pub(crate) lost: u64,
    /// All that were asked for.
    pub(crate) asked: u64,
}

impl From<&Sample> for Runs {
    fn from(sample: &Sample) -> Self {
        let lost = sample.failed + sample.unanswered;
        Self { lost, asked: sample.done + lost }
    }
}

impl Add for Runs {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { lost: self.lost + other.lost, asked: self.asked + other.asked }
    }
}

impl<'a> std::iter::Sum<&'a Sample> for Runs {
    fn sum<I: Iterator<Item = &'a Sample>>(samples: I) -> Self {
        samples.map(Self::from).fold(Self::default(), Self::add)
    }
}

/// Whether B loses more than A: it loses some and A none, or the probability of as large a part by chance is at most `alpha`.
///
/// If both lost alike, each of all lost runs would be one of B with the probability of its part of all runs. That of so many is at
/// most exp(-n KL(found, expected)): W. Hoeffding, "Probability Inequalities for Sums of Bounded Random Variables", Journal of
/// the American Statistical Association 58 (1963), theorem 1. The bound is above the true probability: what is told is at least as
/// sure as it says. Runs that fail together, as when a server restarts, count one by one: rather told once too often.
pub(crate) fn loses_more(a: Runs, b: Runs, alpha: f64) -> bool {
    if b.lost == 0 || a.lost == 0 {
        return b.lost > 0;
    }
    let (all, expected) = (a.lost + b.lost, part(b.asked, a.asked + b.asked));
    let found = part(b.lost, all);
    if found <= expected || expected <= 0.0 {
        return false;
    }
    let divergence =
        found * (found / expected).ln() + (1.0 - found) * ((1.0 - found) / (1.0 - expected)).ln();
    (-part(all, 1) * divergence).exp() <= alpha
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^53")]
fn part(of: u64, all: u64) -> f64 {
    of as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::{Runs, loses_more};

    #[test]
    fn what_is_lost_beyond_chance_is_told() {
        let check = |(a, all_a): (u64, u64), (b, all_b): (u64, u64), expected: bool| {
            let (a, b) = (Runs { lost: a, asked: all_a }, Runs { lost: b, asked: all_b });
            assert_eq!(loses_more(a, b, 0.05), expected, "{a:?} {b:?}");
        };
        check((0, 1000), (0, 1000), false);
        check((0, 1000), (1, 1000), true);
        check((0, 0), (5, 5), true);
        check((1, 1000), (0, 1000), false);
        check((1, 100_000), (1000, 100_000), true);
        check((1, 1000), (4, 1000), false);
        check((1, 1000), (9, 1000), true);
        check((500, 10_000), (520, 10_000), false);
        check((500, 10_000), (700, 10_000), true);
        // More, of more runs.
        check((10, 1000), (30, 3000), false);
        check((30, 3000), (10, 1000), false);
        check((10, 3000), (30, 1000), true);
        check((3, 3), (3, 3), false);
    }
}
