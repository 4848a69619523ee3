//! How far replicas are behind, as a time: told from when the end of the WAL was where they are now.
//!
//! `pg_stat_replication.replay_lag` is not used: it keeps its last value while replay is paused.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use pgrefit_pg::activity::Replicas;

/// So many looks are kept; older ones are beyond any lag that is asked for.
const SAMPLES_MAX: usize = 4096;

/// The end of the WAL at each look.
#[derive(Debug, Default)]
pub(super) struct Lag {
    samples: VecDeque<(Instant, u64)>,
    /// Where it was at the first look.
    first: Option<u64>,
}

/// How far the last replica is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) by: Duration,
    /// It has not come to where the WAL ended at the first look: it may have been behind for long before.
    is_at_least: bool,
}

impl Behind {
    /// Whether it is behind by more than `max`, as far as that can be told yet.
    pub(super) fn may_exceed(self, max: Duration) -> bool {
        self.is_at_least || self.by > max
    }
}

impl Lag {
    /// Takes in a look at `now`, and returns how far the last replica is behind. Zero without replicas, and for replicas
    /// that this role may not see.
    pub(super) fn take(&mut self, now: Instant, replicas: &Replicas) -> Behind {
        let first = *self.first.get_or_insert(replicas.current);
        if self.samples.back().is_none_or(|(_, end)| *end < replicas.current) {
            self.samples.push_back((now, replicas.current));
        }
        if self.samples.len() > SAMPLES_MAX {
            self.samples.pop_front();
        }
        let Some(replayed) = replicas.replayed.iter().flatten().min() else { return Behind::default() };
        // The first moment at which the WAL went beyond what is replayed.
        let behind = self.samples.iter().find(|(_, end)| end > replayed);
        let by = behind.map_or(Duration::ZERO, |(at, _)| now.saturating_duration_since(*at));
        Behind { by, is_at_least: *replayed < first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_the_time_since_the_wal_went_beyond_the_replica() {
        let start = Instant::now();
        let mut lag = Lag::default();
        let mut check = |seconds: u64, current: u64, replayed: &[Option<u64>], expected: u64| {
            let replicas = Replicas { current, replayed: replayed.to_vec() };
            let found = lag.take(start + Duration::from_secs(seconds), &replicas);
            assert_eq!((found.by.as_secs(), found.is_at_least), (expected, false), "at {seconds}");
        };
        check(0, 100, &[], 0);
        check(1, 200, &[Some(200), None], 0);
        check(2, 300, &[Some(200)], 0);
        check(5, 400, &[Some(200), Some(400)], 3);
        check(6, 400, &[Some(300)], 1);
        check(9, 400, &[Some(400)], 0);
        check(9, 400, &[None], 0);
    }

    #[test]
    fn a_replica_that_was_behind_at_the_first_look_is_not_known_to_keep_up() {
        let start = Instant::now();
        let mut lag = Lag::default();
        let mut check = |seconds: u64, current: u64, replayed: u64, expected: (u64, bool)| {
            let replicas = Replicas { current, replayed: vec![Some(replayed)] };
            let found = lag.take(start + Duration::from_secs(seconds), &replicas);
            let may_exceed = found.may_exceed(Duration::from_secs(3));
            assert_eq!((found.by.as_secs(), may_exceed), expected, "at {seconds}");
        };
        check(0, 100, 50, (0, true));
        check(1, 200, 50, (1, true));
        check(2, 200, 100, (1, false));
        check(5, 200, 100, (4, true));
        check(6, 200, 200, (0, false));
        // Another one has come, which is far behind.
        check(7, 200, 10, (7, true));
    }
}
