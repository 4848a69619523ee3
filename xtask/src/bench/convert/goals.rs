//! What a conversion must reach. Pure.

use super::Run;
use crate::bench::goal::Goal;

/// How long a transaction of the application may take.
const STALL_MAX_MS: f64 = 200.0;

pub(super) fn judge(run: &Run) -> Vec<Goal> {
    let name = run.name;
    let none = |what: &str, found: i64| Goal::new(format!("{name}: {what} {found}, at most 0"), found == 0);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let after = &run.after;
    vec![
        none("failed transactions", count(run.figures.failed)),
        none("transactions not served", count(run.figures.not_served)),
        Goal::new(
            format!("{name}: longest wait, ms {:.0}, at most {STALL_MAX_MS:.0}", run.figures.max_ms),
            run.figures.max_ms <= STALL_MAX_MS,
        ),
        none("rows lost", after.rows_lost),
        none("rows doubled", after.rows_doubled),
        none("updates lost", after.updates_lost),
        none("rows changed", after.rows_changed),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::after::After;
    use super::{Goal, Run, judge};
    use crate::bench::traffic::Figures;

    #[test]
    fn every_goal_has_its_figure() {
        let check = |max_ms: f64, failed: usize, lost: i64, missed: &[&str]| {
            let after = After {
                rows_lost: lost,
                rows_doubled: 0,
                updates_lost: -lost,
                rows_changed: 0,
                partitions: 3,
            };
            let figures = Figures { max_ms, failed, ..Figures::default() };
            let run = Run { name: "killed", seconds: 1.0, killed_after_ms: vec![5], figures, after };
            let goals = judge(&run);
            let found: Vec<_> = goals.iter().filter(|goal| goal.is_missed()).map(Goal::line).collect();
            assert_eq!(found, missed);
        };
        check(200.0, 0, 0, &[]);
        check(200.6, 0, 0, &["killed: longest wait, ms 201, at most 200: MISSED"]);
        let lost = ["killed: rows lost 2, at most 0: MISSED", "killed: updates lost -2, at most 0: MISSED"];
        check(1.0, 0, 2, &lost);
        check(1.0, 1, 0, &["killed: failed transactions 1, at most 0: MISSED"]);
    }
}
