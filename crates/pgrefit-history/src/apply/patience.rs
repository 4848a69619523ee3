//! How long a migration goes on waiting for locks, and how its attempts are spaced.

use std::time::{Duration, Instant};

/// The first attempt at a strong lock waits this long: whoever comes behind it in the queue waits no longer.
const FIRST_TRY: Duration = Duration::from_millis(50);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The waiting of one migration: what is left of its budget, and the pauses so far.
#[derive(Debug)]
pub(super) struct Patience {
    budget: Duration,
    waited: Duration,
    pause: Duration,
    lockouts: usize,
    /// Whether attempts have shown that much work comes before the lock that was not granted.
    is_costly: bool,
}

impl Patience {
    pub(super) fn new(budget: Duration) -> Self {
        Self { budget, waited: Duration::ZERO, pause: FIRST_PAUSE, lockouts: 0, is_costly: false }
    }

    /// How much was spent so far.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// How many attempts did not get their locks.
    pub(super) fn lockouts(&self) -> usize {
        self.lockouts
    }

    /// Counts time that was spent waiting.
    pub(super) fn spend(&mut self, time: Duration) {
        self.waited += time;
    }

    /// Counts the time since `start`.
    pub(super) fn spend_since(&mut self, start: Instant) {
        self.spend(start.elapsed());
    }

    /// What is left to wait.
    pub(super) fn left(&self) -> Duration {
        self.budget.saturating_sub(self.waited)
    }

    /// How long the next attempt at a strong lock waits for it: short at first and growing to `limit`, so that an
    /// application behind it in the queue is not kept waiting by an attempt that cannot succeed. An attempt that costs
    /// work is not made in vain: then it is `limit` at once.
    pub(super) fn lock_timeout(&self, limit: Duration) -> Duration {
        if self.is_costly {
            return limit;
        }
        let tries = i32::try_from(self.lockouts.min(30)).unwrap_or(30);
        FIRST_TRY.mul_f64(1.5_f64.powi(tries)).min(limit)
    }

    /// Counts an attempt that took `took` and waited for its lock in vain for `lock_timeout` of it. Returns the pause
    /// before the next one, or nothing when the budget does not reach that far.
    pub(super) fn locked_out(&mut self, took: Duration, lock_timeout: Duration) -> Option<Duration> {
        self.lockouts += 1;
        self.is_costly |= took > lock_timeout + Duration::from_millis(500);
        self.spend(took.min(lock_timeout));
        let pause = self.pause.mul_f64(0.75 + fastrand::f64() / 2.0);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.spend(pause);
        (self.waited < self.budget).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(2);

    #[test]
    fn attempts_grow_to_the_limit() {
        let mut patience = Patience::new(Duration::from_mins(10));
        let mut before = Duration::ZERO;
        for _ in 0..12 {
            let timeout = patience.lock_timeout(LIMIT);
            assert!(timeout > before && timeout <= LIMIT || timeout == LIMIT);
            before = timeout;
            assert!(patience.locked_out(timeout, timeout).is_some());
        }
        assert_eq!(patience.lock_timeout(LIMIT), LIMIT);
        assert_eq!(patience.lock_timeout(Duration::from_millis(10)), Duration::from_millis(10));
    }

    #[test]
    fn costly_attempts_wait_for_the_limit_at_once() {
        let mut patience = Patience::new(Duration::from_mins(10));
        let first = patience.lock_timeout(LIMIT);
        patience.locked_out(first + Duration::from_secs(3), first);
        assert_eq!(patience.lock_timeout(LIMIT), LIMIT);
    }

    #[test]
    fn the_budget_ends() {
        let mut patience = Patience::new(Duration::from_millis(300));
        assert!(patience.locked_out(Duration::from_millis(50), Duration::from_millis(50)).is_some());
        assert!(patience.locked_out(Duration::from_millis(75), Duration::from_millis(75)).is_none());
        assert_eq!(patience.left(), Duration::ZERO);
    }
}
