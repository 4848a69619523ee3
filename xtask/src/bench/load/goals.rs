//! What pgrefit must reach, judged by the figures of the same call. Pure.

use super::modes::Mode;
use super::summary::{Summary, max_ms, migration_s};
use crate::bench::goal::Goal;

/// What the longest wait and the time may be of those by hand.
const STALL_RATIO_MAX: f64 = 1.5;
const TIME_RATIO_MAX: f64 = 2.0;
/// How much shorter than the naive way's the longest wait must be.
const NAIVE_RATIO_MIN: f64 = 50.0;
/// What the longest wait may be above that without a migration.
const NOISE_MARGIN_MS: f64 = 250.0;
/// What the longest wait may be with one change of the catalog.
const SINGLE_MAX_MS: f64 = 350.0;

pub(super) fn judge(summaries: &[Summary], single: bool) -> Vec<Goal> {
    let Some(own) = summaries.iter().find(|s| s.mode == Mode::Pgrefit) else {
        return vec![Goal::not_measured("pgrefit: every goal")];
    };
    if let Some(problem) = own.problem() {
        return vec![Goal::new(format!("pgrefit migrates, but {problem}"), false)];
    }
    let failed = own.sum(|figures| figures.failed);
    let not_served = own.sum(|figures| figures.not_served);
    let mut goals = vec![
        Goal::new(format!("failed transactions {failed}, at most 0"), failed == 0),
        Goal::new(format!("transactions not served {not_served}, at most 0"), not_served == 0),
    ];
    if single {
        goals.push(at_most("longest wait, ms", own.worst(max_ms), SINGLE_MAX_MS));
        return goals;
    }
    let others = Others(summaries);
    goals.push(others.noise(own));
    goals.push(others.hand("longest wait by hand", own, max_ms, STALL_RATIO_MAX));
    goals.push(others.hand("time by hand", own, migration_s, TIME_RATIO_MAX));
    goals.push(others.naive(own));
    goals
}

fn at_most(what: &str, value: f64, limit: f64) -> Goal {
    Goal::new(format!("{what} {value:.0}, at most {limit:.0}"), value <= limit)
}

/// What pgrefit is compared with.
struct Others<'a>(&'a [Summary]);

impl Others<'_> {
    fn measured(&self, mode: Mode) -> Option<&Summary> {
        self.0.iter().find(|s| s.mode == mode && s.is_measured())
    }

    /// The worst rounds of both: noise has no median of interest.
    fn noise(&self, own: &Summary) -> Goal {
        let what = "longest wait, ms";
        match self.measured(Mode::None) {
            Some(none) => at_most(what, own.worst(max_ms), none.worst(max_ms) + NOISE_MARGIN_MS),
            None => Goal::not_measured(format!("{what}, against no migration")),
        }
    }

    fn hand(&self, what: &str, own: &Summary, figure: fn(&super::summary::Round) -> f64, limit: f64) -> Goal {
        let Some(hand) = self.measured(Mode::Hand) else { return Goal::not_measured(what) };
        let ratio = own.median(figure) / hand.median(figure);
        Goal::new(format!("{ratio:.2} × {what}, at most {limit:.1}"), ratio <= limit)
    }

    /// Against the better of the naive tools.
    fn naive(&self, own: &Summary) -> Goal {
        let tools = [Mode::Refinery, Mode::Sqlx].into_iter().filter_map(|mode| self.measured(mode));
        let Some(naive_ms) = tools.map(|tool| tool.median(max_ms)).min_by(f64::total_cmp) else {
            return Goal::not_measured("longest wait of the naive way");
        };
        let ratio = naive_ms / own.median(max_ms);
        let text = format!("longest wait of the naive way ÷ ours {ratio:.0}, at least {NAIVE_RATIO_MIN:.0}");
        Goal::new(text, ratio >= NAIVE_RATIO_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::Round;
    use super::{Mode, Summary, judge};
    use crate::bench::traffic::Figures;

    fn ran(mode: Mode, migration_s: f64, maxima_ms: &[f64]) -> Summary {
        let round = |&max_ms| {
            let figures = Figures { max_ms, ..Figures::default() };
            Round { migration_s, problem: None, figures }
        };
        Summary { mode, rounds: maxima_ms.iter().map(round).collect() }
    }

    fn check(summaries: &[Summary], single: bool, expected: &[&str]) {
        let lines: Vec<_> = judge(summaries, single).iter().map(super::Goal::line).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn all_are_met() {
        let all = [
            ran(Mode::None, 30.0, &[100.0]),
            ran(Mode::Hand, 60.0, &[200.0]),
            ran(Mode::Pgrefit, 120.0, &[300.0]),
            ran(Mode::Refinery, 30.0, &[15_000.0]),
            ran(Mode::Sqlx, 30.0, &[40_000.0]),
        ];
        check(
            &all,
            false,
            &[
                "failed transactions 0, at most 0: met",
                "transactions not served 0, at most 0: met",
                "longest wait, ms 300, at most 350: met",
                "1.50 × longest wait by hand, at most 1.5: met",
                "2.00 × time by hand, at most 2.0: met",
                "longest wait of the naive way ÷ ours 50, at least 50: met",
            ],
        );
    }

    #[test]
    fn all_are_missed() {
        let mut own = ran(Mode::Pgrefit, 121.0, &[301.0, 302.0, 351.0]);
        own.rounds[0].figures = Figures { failed: 1, not_served: 2, ..own.rounds[0].figures.clone() };
        let all = [
            ran(Mode::None, 30.0, &[90.0, 100.0]),
            ran(Mode::Hand, 60.0, &[200.0]),
            own,
            ran(Mode::Sqlx, 30.0, &[14_900.0]),
        ];
        check(
            &all,
            false,
            &[
                "failed transactions 1, at most 0: MISSED",
                "transactions not served 2, at most 0: MISSED",
                "longest wait, ms 351, at most 350: MISSED",
                "1.51 × longest wait by hand, at most 1.5: MISSED",
                "2.02 × time by hand, at most 2.0: MISSED",
                "longest wait of the naive way ÷ ours 49, at least 50: MISSED",
            ],
        );
    }

    #[test]
    fn without_a_reference_nothing_is_met() {
        let mut hand = ran(Mode::Hand, 60.0, &[200.0]);
        hand.rounds[0].problem = Some("it did not end in time".to_owned());
        let all = [ran(Mode::Pgrefit, 1.0, &[1.0]), hand, ran(Mode::Refinery, 0.0, &[])];
        check(
            &all,
            false,
            &[
                "failed transactions 0, at most 0: met",
                "transactions not served 0, at most 0: met",
                "longest wait, ms, against no migration: not measured",
                "longest wait by hand: not measured",
                "time by hand: not measured",
                "longest wait of the naive way: not measured",
            ],
        );
        check(&[], false, &["pgrefit: every goal: not measured"]);
    }

    #[test]
    fn a_migration_that_was_refused_misses() {
        let mut own = ran(Mode::Pgrefit, 0.1, &[50.0]);
        own.rounds[0].problem = Some("exit status: 11".to_owned());
        check(&[own], false, &["pgrefit migrates, but exit status: 11: MISSED"]);
    }

    #[test]
    fn a_single_change() {
        let met = ["failed transactions 0, at most 0: met", "transactions not served 0, at most 0: met"];
        let own = |max| [ran(Mode::Pgrefit, 10.0, &[100.0, max])];
        check(&own(350.0), true, &[met[0], met[1], "longest wait, ms 350, at most 350: met"]);
        check(&own(350.6), true, &[met[0], met[1], "longest wait, ms 351, at most 350: MISSED"]);
    }
}
