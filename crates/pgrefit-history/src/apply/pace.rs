//! How many rows the next batch of a backfill looks at, and how long it pauses before: told from how long the last one
//! took, and from whether the server is under pressure. Pure.

use std::time::Duration;

/// Rows of the first batch, if its directive does not say otherwise.
const FIRST_ROWS: u32 = 500;
const ROWS_MIN: f64 = 10.0;
const ROWS_MAX: f64 = 100_000.0;
/// A batch aims at this part of its target, so that those that take longer than usual still keep it.
const AIM: f64 = 0.4;
/// What takes no longer is no pressure, however quick it was before.
const PRESSURE_MIN: Duration = Duration::from_millis(25);
/// What takes so many times as long as when the server is at rest is pressure.
const PRESSURE_RATIO: f64 = 5.0;
const LEVEL_MAX: u32 = 5;
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The pace of one backfill.
#[derive(Debug)]
pub(super) struct Pace {
    rows: f64,
    target: Duration,
    pause_min: Duration,
    level: u32,
    commit: Rest,
    probe: Rest,
}

/// How long something takes when the server is at rest: the shortest time lately.
#[derive(Debug, Default)]
struct Rest(Option<Duration>);

impl Rest {
    /// Takes in a time; whether it tells of pressure.
    fn is_pressure(&mut self, time: Duration) -> bool {
        let rest = self.0.map_or(time, |rest| rest.mul_f64(1.02).min(time));
        self.0 = Some(rest);
        time > PRESSURE_MIN && time > rest.mul_f64(PRESSURE_RATIO)
    }
}

impl Pace {
    pub(super) fn new(rows: Option<u32>, target: Duration, pause_min: Duration) -> Self {
        let rows = f64::from(rows.unwrap_or(FIRST_ROWS)).clamp(1.0, ROWS_MAX);
        Self { rows, target, pause_min, level: 0, commit: Rest::default(), probe: Rest::default() }
    }

    /// Rows of the next batch.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 100,000")]
    pub(super) fn rows(&self) -> u32 {
        self.rows.round() as u32
    }

    /// Takes in a batch: how long it took in all, how long its commit took, and how long the application's kind of query
    /// took meanwhile. Returns the pause before the next one.
    pub(super) fn after(&mut self, took: Duration, commit: Duration, probe: Option<Duration>) -> Duration {
        let aim = self.target.mul_f64(AIM).as_secs_f64();
        // It grows with care and shrinks at once.
        let ratio = (aim / took.as_secs_f64().max(1e-6)).clamp(0.1, 1.5);
        self.rows = (self.rows * ratio).clamp(ROWS_MIN, ROWS_MAX);
        let commits_slowly = self.commit.is_pressure(commit);
        let answers_slowly = probe.is_some_and(|probe| self.probe.is_pressure(probe));
        self.level = if commits_slowly || answers_slowly {
            (self.level + 1).min(LEVEL_MAX)
        } else {
            self.level.saturating_sub(1)
        };
        let rest = if self.level == 0 { Duration::ZERO } else { took * 2_u32.pow(self.level - 1) };
        rest.min(PAUSE_MAX).max(self.pause_min)
    }

    /// A batch did not get its locks: a smaller one meets fewer others.
    pub(super) fn locked_out(&mut self) {
        self.rows = (self.rows / 2.0).max(ROWS_MIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn batches_follow_their_target() {
        let mut pace = Pace::new(None, ms(200), Duration::ZERO);
        assert_eq!(pace.rows(), 500);
        for _ in 0..50 {
            // Ten rows a millisecond.
            let took = Duration::from_secs_f64(f64::from(pace.rows()) / 10_000.0);
            assert_eq!(pace.after(took, ms(1), Some(ms(1))), Duration::ZERO);
        }
        assert_eq!(pace.rows(), 800);
        pace.after(ms(800), ms(1), None);
        assert_eq!(pace.rows(), 80);
        pace.locked_out();
        assert_eq!(pace.rows(), 40);
    }

    #[test]
    fn pressure_makes_pauses_and_rest_ends_them() {
        let mut pace = Pace::new(Some(1000), ms(200), ms(5));
        assert_eq!(pace.after(ms(80), ms(2), Some(ms(1))), ms(5));
        assert_eq!(pace.after(ms(80), ms(60), Some(ms(1))), ms(80), "slow commits");
        assert_eq!(pace.after(ms(80), ms(2), Some(ms(90))), ms(160), "slow answers");
        assert_eq!(pace.after(ms(80), ms(2), Some(ms(1))), ms(80));
        assert_eq!(pace.after(ms(80), ms(2), None), ms(5));
        assert_eq!(pace.after(ms(80), ms(20), None), ms(5), "slower than before, but quick");
    }
}
