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
}

impl Lag {
    /// Takes in a look at `now`, and returns how far the last replica is behind. Zero without replicas, and for replicas
    /// that this role may not see.
    pub(super) fn take(&mut self, now: Instant, replicas: &Replicas) -> Duration {
        if self.samples.back().is_none_or(|(_, end)| *end < replicas.current) {
            self.samples.push_back((now, replicas.current));
        }
        if self.samples.len() > SAMPLES_MAX {
            self.samples.pop_front();
        }
        let Some(replayed) = replicas.replayed.iter().flatten().min() else { return Duration::ZERO };
        // The first moment at which the WAL went beyond what is replayed.
        let behind = self.samples.iter().find(|(_, end)| end > replayed);
        behind.map_or(Duration::ZERO, |(at, _)| now.saturating_duration_since(*at))
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
            assert_eq!(found.as_secs(), expected, "at {seconds}");
        };
        check(0, 100, &[], 0);
        check(1, 200, &[Some(200), None], 0);
        check(2, 300, &[Some(200)], 0);
        check(5, 400, &[Some(200), Some(400)], 3);
        check(6, 400, &[Some(300)], 1);
        check(9, 400, &[Some(400)], 0);
        check(9, 400, &[None], 0);
    }
}
