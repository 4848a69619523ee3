//! The thresholds and limits of a search, with their reasons.

use std::time::Duration;

use super::Error;

/// What counts as paying, and how much may be tried.
///
/// An index pays if what it saves, weighted, is more than what it costs on writes (`rows_written`), or if a statement that was over
/// its budget comes under it; and besides one of these holds:
///
/// - it saves `saving_min` of the weighted time of all statements, at least `saved_min` of it in one of them;
/// - a statement that is more than `share_min` of all runs becomes `faster_min` times faster and at least `saved_min` shorter, or
///   needs `faster_min` times fewer blocks, at least `blocks_min` fewer;
/// - a statement that was over its budget comes under it.
///
/// It does not pay if the index becomes larger than `size_ratio_max` times the table; nor if writing a row of its table becomes more
/// than `write_ratio_max` times as expensive as without any proposed index and by more than `write_added_min`, unless a statement
/// comes under its budget by it: that is what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The part of the weighted time of all statements that an index must save by itself, from 0 to 1.
    pub saving_min: f64,
    /// How many times faster one statement must become, where the whole does not save that much.
    pub faster_min: f64,
    /// The part of all runs that such a statement must have, from 0 to 1.
    pub share_min: f64,
    /// The least that such a statement must save in one run: below it lies what a machine does by chance.
    pub saved_min: Duration,
    /// The least number of blocks that such a statement must be spared, where its time does not tell: blocks are the same on a busy
    /// machine as on an idle one, and cost most where they are not in memory.
    pub blocks_min: u64,
    /// Rows written to a table for each run of a statement: how writes are weighed against reads.
    pub rows_written: f64,
    /// What a row's insertion may cost with all kept indexes of its table, as a multiple of what it costs without them.
    pub write_ratio_max: f64,
    /// What an index may add to a row's insertion whatever multiple that is: where a row costs a few microseconds, any index costs
    /// several times that, and little.
    pub write_added_min: Duration,
    /// How large an index may be, as a multiple of its table with TOAST.
    pub size_ratio_max: f64,
    /// Candidates that are built.
    pub candidates_max: usize,
    /// Indexes that are kept.
    pub kept_max: usize,
    /// Tables with fewer pages are left alone: they are read whole within a millisecond.
    pub pages_min: u64,
    /// Runs of one statement with one list of values in one measurement; the median counts.
    pub runs: usize,
    /// Rounds of the last measurement, in which without and with all kept indexes alternate.
    pub rounds: usize,
    /// Rows that are written to learn what a write costs.
    pub write_rows: u32,
    /// `statement_timeout` of each measured run. A statement that reaches it counts with it.
    pub statement_limit: Duration,
    /// `statement_timeout` of each build.
    pub build_limit: Duration,
    /// What the whole search may take. When it is over, what is kept so far is measured for the last time and told.
    pub time_limit: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            saving_min: 0.02,
            faster_min: 2.0,
            share_min: 0.005,
            saved_min: Duration::from_micros(200),
            blocks_min: 100,
            rows_written: 0.1,
            write_ratio_max: 4.0,
            write_added_min: Duration::from_micros(50),
            size_ratio_max: 1.0,
            candidates_max: 40,
            kept_max: 16,
            pages_min: 32,
            runs: 3,
            rounds: 5,
            write_rows: 1000,
            statement_limit: Duration::from_secs(30),
            build_limit: Duration::from_mins(20),
            time_limit: Duration::from_hours(1),
        }
    }
}

impl Options {
    /// Refuses what cannot be worked with.
    pub(super) fn check(&self) -> Result<(), Error> {
        let part = |value: f64| (0.0..=1.0).contains(&value);
        if !part(self.saving_min) || !part(self.share_min) {
            return Err(Error::Options("a part is a number from 0 to 1"));
        }
        let ratios = [self.faster_min, self.write_ratio_max, self.size_ratio_max, self.rows_written];
        if ratios.iter().any(|ratio| !ratio.is_finite() || *ratio < 0.0) {
            return Err(Error::Options("a ratio is a number that is not negative"));
        }
        if self.runs == 0 || self.rounds == 0 || self.write_rows == 0 || self.candidates_max == 0 {
            return Err(Error::Options("runs, rounds, rows and candidates are at least 1"));
        }
        if self.statement_limit.is_zero() || self.build_limit.is_zero() {
            return Err(Error::Options("a limit is not zero: nothing here runs without a bound"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_worked_with_is_refused() {
        let check = |change: fn(&mut Options), expected: bool| {
            let mut options = Options::default();
            change(&mut options);
            assert_eq!(options.check().is_ok(), expected, "{options:?}");
        };
        check(|_| (), true);
        check(|options| options.saving_min = 1.5, false);
        check(|options| options.share_min = -0.1, false);
        check(|options| options.faster_min = f64::NAN, false);
        check(|options| options.runs = 0, false);
        check(|options| options.build_limit = Duration::ZERO, false);
    }
}
