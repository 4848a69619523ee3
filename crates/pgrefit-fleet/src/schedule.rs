//! How a fleet is gone through.

use std::time::Duration;

use crate::{StopRule, Wave};

/// The longest pause before a database is tried again.
const BACKOFF_MAX: Duration = Duration::from_mins(1);

/// How a fleet is gone through.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Who goes when.
    pub waves: Vec<Wave>,
    /// How many databases at once, at least one.
    pub parallel: usize,
    /// How long to wait between two waves.
    pub pause: Duration,
    /// When no further database is taken.
    pub rule: StopRule,
    /// How often a database is tried again whose failure may pass by itself.
    pub retries: u32,
    /// How long to wait before it is tried again for the first time; then twice as long each time, up to a minute.
    pub backoff: Duration,
}

impl Schedule {
    /// How long to wait behind a try, counted from 1.
    pub(crate) fn backoff_behind(&self, attempt: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.backoff.saturating_mul(factor).min(BACKOFF_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_doubles_up_to_a_minute() {
        let schedule = Schedule {
            waves: Vec::new(),
            parallel: 1,
            pause: Duration::ZERO,
            rule: StopRule::Never,
            retries: 100,
            backoff: Duration::from_secs(2),
        };
        let check = |attempt: u32, seconds: u64| {
            assert_eq!(schedule.backoff_behind(attempt).as_secs(), seconds, "{attempt}");
        };
        check(1, 2);
        check(2, 4);
        check(5, 32);
        check(6, 60);
        check(100, 60);
    }
}
