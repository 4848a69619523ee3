//! What linting must reach. Pure but for the series it reads.

use super::findings::Findings;
use super::rounds::Series;
use crate::bench::goal::Goal;

pub(super) const DEFAULT: &str = "pgrefit";
pub(super) const INDEPENDENT: &str = "pgrefit --independent";
pub(super) const OURS_TEXT: &str = "squawk's rules in pgrefit";
pub(super) const SQUAWK_TEXT: &str = "squawk";
pub(super) const OURS_JSON: &str = "the same, JSON";
pub(super) const SQUAWK_JSON: &str = "squawk, JSON";

/// A thousand files of two kilobytes with the rules that are on by default.
const DEFAULT_MS_MAX: f64 = 150.0;
/// Against squawk with the same rules.
const RATIO_MAX: f64 = 1.0;

pub(super) fn judge(series: &[Series], found: Option<&Findings>) -> Vec<Goal> {
    let median = |name: &str| series.iter().find(|it| it.name == name).map(Series::median_ms);
    let agreement = found.map(|found| (found.agree(), found.totals()));
    let mut goals = vec![within(median(DEFAULT))];
    for (form, ours, theirs) in [("text", OURS_TEXT, SQUAWK_TEXT), ("JSON", OURS_JSON, SQUAWK_JSON)] {
        goals.push(against(form, median(ours).zip(median(theirs))));
    }
    goals.push(same(agreement));
    goals
}

fn within(median_ms: Option<f64>) -> Goal {
    let ms = median_ms.unwrap_or(f64::INFINITY);
    Goal::new(format!("default rules in {ms:.0} ms, at most {DEFAULT_MS_MAX:.0}"), ms <= DEFAULT_MS_MAX)
}

fn against(form: &str, medians_ms: Option<(f64, f64)>) -> Goal {
    match medians_ms.map(|(ours, theirs)| ours / theirs) {
        None => Goal::not_measured(format!("squawk's rules as {form}, at most {RATIO_MAX:.1} × squawk")),
        Some(ratio) => Goal::new(
            format!("squawk's rules as {form}: {ratio:.2} × squawk, at most {RATIO_MAX:.1}"),
            ratio <= RATIO_MAX,
        ),
    }
}

fn same(agreement: Option<(bool, [usize; 2])>) -> Goal {
    match agreement {
        None => Goal::not_measured("the same findings as squawk"),
        Some((agree, [ours, theirs])) => {
            Goal::new(format!("the same findings as squawk ({ours} and {theirs})"), agree)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Goal, against, same, within};

    fn check(goal: &Goal, expected: &str) {
        assert_eq!(goal.line(), expected);
    }

    #[test]
    fn each_goal_is_met_up_to_its_limit() {
        check(&within(Some(150.0)), "default rules in 150 ms, at most 150: met");
        check(&within(Some(151.0)), "default rules in 151 ms, at most 150: MISSED");
        check(
            &against("text", Some((10.0, 10.0))),
            "squawk's rules as text: 1.00 × squawk, at most 1.0: met",
        );
        check(
            &against("JSON", Some((11.0, 10.0))),
            "squawk's rules as JSON: 1.10 × squawk, at most 1.0: MISSED",
        );
        check(&same(Some((true, [3, 3]))), "the same findings as squawk (3 and 3): met");
        check(&same(Some((false, [3, 4]))), "the same findings as squawk (3 and 4): MISSED");
    }

    #[test]
    fn without_squawk_nothing_is_missed() {
        check(&against("text", None), "squawk's rules as text, at most 1.0 × squawk: not measured");
        check(&same(None), "the same findings as squawk: not measured");
    }
}
