//! What a backfill must reach. Pure.

use super::Measured;
use crate::bench::goal::Goal;

/// What the batches may take together, by the time of one statement for all rows.
const RATIO_MAX: f64 = 1.5;

pub(super) fn judge(measured: &Measured, target_ms: u32) -> Vec<Goal> {
    let ratio = measured.pgrefit_ms / measured.psql_ms;
    let p99_ms = measured.efforts.iter().map(|effort| effort.p99_ms).max().unwrap_or_default();
    let (wrong, killed) = (measured.wrong, &measured.killed);
    let resumed = format!("rows done other than once, killed {} times and resumed", killed.after_ms.len());
    vec![
        Goal::new(format!("{ratio:.2} × one statement, at most {RATIO_MAX:.1}"), ratio <= RATIO_MAX),
        Goal::new(
            format!("99 of 100 batches within {p99_ms} ms, at most {target_ms}"),
            p99_ms <= target_ms.into(),
        ),
        Goal::new(format!("rows done other than once {wrong}, at most 0"), wrong == 0),
        if killed.after_ms.is_empty() {
            Goal::not_measured(resumed)
        } else {
            Goal::new(format!("{resumed} {}, at most 0", killed.wrong), killed.wrong == 0)
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::effort::Effort;
    use super::{Goal, Measured, judge};
    use crate::bench::backfill::killed::Killed;

    fn check(pgrefit_ms: f64, p99_ms: &[u64], wrong: [u64; 2], kills: usize, expected: [&str; 4]) {
        let effort = |&p99_ms| Effort { batches: 10, rows: 1000, p99_ms };
        let measured = Measured {
            psql_ms: 1000.0,
            pgrefit_ms,
            efforts: p99_ms.iter().map(effort).collect(),
            wrong: wrong[0],
            killed: Killed { after_ms: vec![300; kills], wrong: wrong[1] },
        };
        let lines: Vec<_> = judge(&measured, 100).iter().map(Goal::line).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn each_goal_is_met_up_to_its_limit() {
        let met = [
            "1.50 × one statement, at most 1.5: met",
            "99 of 100 batches within 100 ms, at most 100: met",
            "rows done other than once 0, at most 0: met",
            "rows done other than once, killed 3 times and resumed 0, at most 0: met",
        ];
        check(1500.0, &[40, 100, 50], [0, 0], 3, met);
    }

    #[test]
    fn the_worst_round_is_judged() {
        let missed = [
            "1.51 × one statement, at most 1.5: MISSED",
            "99 of 100 batches within 101 ms, at most 100: MISSED",
            "rows done other than once 1, at most 0: MISSED",
            "rows done other than once, killed 3 times and resumed 2, at most 0: MISSED",
        ];
        check(1510.0, &[101, 50], [1, 2], 3, missed);
    }

    #[test]
    fn what_was_not_killed_was_not_resumed() {
        let expected = [
            "0.90 × one statement, at most 1.5: met",
            "99 of 100 batches within 10 ms, at most 100: met",
            "rows done other than once 0, at most 0: met",
            "rows done other than once, killed 0 times and resumed: not measured",
        ];
        check(900.0, &[10], [0, 0], 0, expected);
    }
}
