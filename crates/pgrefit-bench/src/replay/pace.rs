//! Which transaction comes when: decided by its number alone, whatever the sessions do.

use std::time::Duration;

use fastrand::Rng;

use super::Pace;
use crate::Query;

/// The weighted mix.
#[derive(Debug, Clone)]
pub(super) struct Mix {
    /// For each query the sum of its weight and all before it.
    bounds: Vec<u64>,
    /// For each query the number of its lists of arguments.
    lists: Vec<usize>,
    seed: u64,
}

impl Mix {
    /// None if no query has a weight.
    pub(super) fn new(queries: &[Query], seed: u64) -> Option<Self> {
        let mut sum = 0_u64;
        let bounds: Vec<u64> = queries
            .iter()
            .map(|query| {
                sum += u64::from(query.weight);
                sum
            })
            .collect();
        let lists = queries.iter().map(|query| query.args.len().max(1)).collect();
        (sum > 0).then_some(Self { bounds, lists, seed })
    }

    /// The query of the transaction with this number, and which list of arguments it takes.
    pub(super) fn pick(&self, number: u64) -> (usize, usize) {
        // An odd factor keeps numbers apart, and neighbours far from each other.
        let mut rng = Rng::with_seed(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let total = self.bounds.last().copied().unwrap_or(1);
        let at = rng.u64(0..total);
        let query = self.bounds.partition_point(|&bound| bound <= at);
        (query, rng.usize(0..self.lists[query]))
    }
}

impl Pace {
    /// When the transaction with this number is due, from the beginning; none if that depends on the sessions.
    pub(super) fn due(self, number: u64) -> Option<Duration> {
        match self {
            Self::Closed => None,
            #[expect(clippy::cast_precision_loss, reason = "exact for longer than any replay")]
            Self::PerSecond(rate) => Some(Duration::from_secs_f64(number as f64 / rate)),
        }
    }

    /// How many are due up to and including this moment; none if that depends on the sessions.
    pub(super) fn due_by(self, moment: Duration) -> Option<u64> {
        match self {
            Self::Closed => None,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a product of two positive numbers, small by their limits"
            )]
            Self::PerSecond(rate) => Some((moment.as_secs_f64() * rate).floor() as u64 + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(weights: &[u32], seed: u64) -> Option<Mix> {
        let query = |weight: &u32| Query::new("q", "SELECT 1", Duration::ZERO).weight(*weight);
        Mix::new(&weights.iter().map(query).collect::<Vec<_>>(), seed)
    }

    #[test]
    fn weights_are_kept() {
        let mix = mix(&[1, 0, 3], 7).expect("a mix");
        let mut counts = [0_u32; 3];
        (0..40_000).for_each(|number| counts[mix.pick(number).0] += 1);
        assert_eq!(counts[1], 0);
        assert!((9_500..10_500).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn the_seed_decides() {
        let picks = |seed| {
            let mix = mix(&[1, 1, 1], seed).expect("a mix");
            (0..50).map(|number| mix.pick(number).0).collect::<Vec<_>>()
        };
        assert_eq!(picks(1), picks(1));
        assert_ne!(picks(1), picks(2));
    }

    #[test]
    fn without_a_weight_there_is_no_mix() {
        assert!(mix(&[], 1).is_none());
        assert!(mix(&[0, 0], 1).is_none());
    }

    #[test]
    fn lists_of_arguments_are_all_used() {
        let query = Query::new("q", "SELECT $1::int", Duration::ZERO).with(&["1"]).with(&["2"]);
        let mix = Mix::new(&[query], 1).expect("a mix");
        let used: std::collections::BTreeSet<_> = (0..50).map(|number| mix.pick(number).1).collect();
        assert_eq!(used.len(), 2);
    }

    #[test]
    fn a_rate_gives_each_its_moment() {
        let pace = Pace::PerSecond(4.0);
        let check = |number, ms| assert_eq!(pace.due(number), Some(Duration::from_millis(ms)));
        check(0, 0);
        check(1, 250);
        check(40, 10_000);
        let check = |ms, count| assert_eq!(pace.due_by(Duration::from_millis(ms)), Some(count));
        check(0, 1);
        check(249, 1);
        check(250, 2);
        check(10_100, 41);
        assert_eq!((Pace::Closed.due(3), Pace::Closed.due_by(Duration::MAX)), (None, None));
    }
}
