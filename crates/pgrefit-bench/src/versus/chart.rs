//! A comparison as charts.

use std::collections::BTreeMap;

use pgrefit_report::{Chart, ChartScale, Line};

use super::{Comparison, Pair, Sample, mix, ratios};
use crate::versus::signed_rank::as_f64;

/// More lines than this cannot be told apart.
const LINES_MAX: usize = 6;
const SCALES: [(ChartScale, &str); 2] = [(ChartScale::Linear, ""), (ChartScale::Linear, "%")];

/// How the ratios of the pairs of rounds are spread, and how they ran: of the mix, and of the statements with the clearest effects.
#[must_use]
pub fn comparison_charts(
    comparison: &Comparison,
    pairs: &[Pair],
    weights: &BTreeMap<String, u32>,
) -> Vec<Chart> {
    let lines = shown(comparison, pairs, weights);
    let spread = lines.iter().map(|(name, ratios)| Line::new(name, cumulative(ratios)));
    let one = Line::new("1: no difference", vec![(1.0, 0.0), (1.0, 100.0)]).dashed();
    let course = lines.iter().map(|(name, ratios)| {
        Line::new(name, ratios.iter().enumerate().map(|(at, ratio)| (as_f64(at + 1), *ratio)).collect())
    });
    let level = Line::new("1: no difference", vec![(1.0, 1.0), (as_f64(pairs.len()), 1.0)]).dashed();
    vec![
        Chart::new(
            "Time of B by that of A",
            "share of the pairs of rounds in which the median of B was at most so many times that of A",
            SCALES[0],
            SCALES[1],
            spread.chain([one]).collect(),
        ),
        Chart::new(
            "The same, pair after pair",
            "a slope is a machine that changed meanwhile; a single peak was other work",
            SCALES[0],
            SCALES[0],
            course.chain([level]).collect(),
        ),
    ]
}

/// The names, with the ratios of the medians of each pair.
fn shown(
    comparison: &Comparison,
    pairs: &[Pair],
    weights: &BTreeMap<String, u32>,
) -> Vec<(String, Vec<f64>)> {
    let median = |sample: &Sample| sample.p50;
    let mut clearest: Vec<_> = comparison.statements.iter().collect();
    clearest.sort_by(|one, other| one.deciding().p.total_cmp(&other.deciding().p));
    let mut lines: Vec<(String, Vec<f64>)> = Vec::new();
    if comparison.statements.len() > 1 {
        let names: Vec<&str> = comparison.statements.iter().map(|it| it.name.as_str()).collect();
        lines.push(("all, by their weights".to_owned(), mix(pairs, &names, weights, median)));
    }
    lines
        .extend(clearest.iter().take(LINES_MAX).map(|it| (it.name.clone(), ratios(pairs, &it.name, median))));
    lines.into_iter().map(|(name, logs)| (name, logs.into_iter().map(f64::exp).collect())).collect()
}

/// For each ratio the share in percent that is not above it.
fn cumulative(ratios: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = as_f64(sorted.len());
    sorted.iter().enumerate().map(|(at, ratio)| (*ratio, 100.0 * as_f64(at + 1) / count)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::versus::{Round, Terms, judge};

    fn round(ms: [u64; 2]) -> Round {
        let sample = |ms| {
            let time = Duration::from_millis(ms);
            Sample { done: 100, failed: 0, unanswered: 0, p10: time, p50: time, p95: time }
        };
        [("one".to_owned(), sample(ms[0])), ("two".to_owned(), sample(ms[1]))].into()
    }

    #[test]
    fn every_pair_has_a_point_in_both_charts() {
        let pairs: Vec<Pair> =
            (0..10).map(|at| Pair { a: round([10, 10]), b: round([20, 9 + at % 3]) }).collect();
        let comparison = judge(&pairs, &BTreeMap::new(), &Terms::default());
        let charts = comparison_charts(&comparison, &pairs, &BTreeMap::new());
        for chart in &charts {
            let names: Vec<&str> = chart.lines.iter().map(|line| line.name.as_str()).collect();
            assert_eq!(names, ["all, by their weights", "one", "two", "1: no difference"]);
            assert!(chart.lines[..3].iter().all(|line| line.points.len() == 10));
        }
        let close = |(x, y): (f64, f64), expected: (f64, f64)| {
            assert!((x - expected.0).abs() < 1e-9 && (y - expected.1).abs() < 1e-9, "{x} {y} {expected:?}");
        };
        close(charts[0].lines[1].points[9], (2.0, 100.0));
        close(charts[1].lines[2].points[0], (1.0, 0.9));
    }

    #[test]
    fn nothing_measured_is_no_point() {
        let comparison = judge(&[], &BTreeMap::new(), &Terms::default());
        let charts = comparison_charts(&comparison, &[], &BTreeMap::new());
        assert!(charts.iter().all(|chart| chart.lines.len() == 1));
    }
}
