//! Two results that were kept: side by side, and judged as far as rounds that were not interleaved allow.

use std::time::Duration;

use pgrefit_load::statistics::{Of, bootstrap_ratio, permutation};
use pgrefit_report::{Cell, Column, Finding, Status, Table};

use super::findings::findings;
use super::{BenchResult, QueryResult};
use crate::brief::with_brief;
use crate::compare::{Tolerance, plan_changes};
use crate::milliseconds;
use crate::versus::{Runs, Verdict, loses_more};

/// With fewer repeats on a side, no order of them is unlikely enough.
const REPEATS_MIN: usize = 5;
/// What two separate runs differ by without any reason is more than what two neighbouring rounds do.
const SMALLEST: f64 = 0.05;
const ALPHA: f64 = 0.05;

/// Two results compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Side by side, with a verdict for each query.
    pub table: Table,
    /// What became slower, changed its plan, or cannot be compared.
    pub findings: Vec<Finding>,
    /// The verdicts, by query.
    pub verdicts: Vec<(String, Verdict)>,
}

/// Compares two results. A verdict needs [`BenchResult::rounds`]: results of at least five repeats each. It is that of a permutation
/// test over the medians of the repeats, adjusted by Holm's method, with an effect of at least 5 %. What happened to the machine
/// between the two runs is in the difference, which is said.
#[must_use]
pub fn compare_stored(a: &BenchResult, b: &BenchResult) -> Stored {
    let names: Vec<&str> =
        b.queries.iter().map(|it| it.name.as_str()).filter(|name| a.query(name).is_some()).collect();
    let samples: Vec<_> = names.iter().map(|name| (medians(a, name), medians(b, name))).collect();
    let p: Vec<f64> = samples.iter().map(|(a, b)| permutation(a, b, 1)).collect();
    let p = crate::versus::holm(&p);
    let alpha = ALPHA / names.iter().map(|_| 1.0).sum::<f64>().max(1.0);
    let mut table = table();
    let (mut found, mut verdicts) = (warnings(a, b), Vec::new());
    for ((name, (of_a, of_b)), p) in names.iter().zip(&samples).zip(p) {
        let loses = loses_more(runs(a, name), runs(b, name), alpha);
        let verdict = verdict(of_a, of_b, p, loses);
        table.push(row(a, b, name, verdict, ratio(of_a, of_b)));
        found.extend(slower(name, verdict, ratio(of_a, of_b)));
        found.extend(loses.then(|| losing(a, b, name)));
        found.extend(plans(a, b, name));
        verdicts.push(((*name).to_owned(), verdict));
    }
    let table =
        with_brief(table, &["query", "verdict", "a_p50_ms", "b_p50_ms", "a_p99_ms", "b_p99_ms", "effect"]);
    let gone = a.queries.iter().filter(|it| b.query(&it.name).is_none());
    found.extend(
        gone.map(|it| about("bench-not-compared", Status::Blind, &it.name, "it is not in B".to_owned())),
    );
    // What B does against its budgets counts here as it does for B alone.
    found.extend(findings(b).into_iter().filter(|it| it.status >= Status::Blind));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.status));
    Stored { table, findings: found, verdicts }
}

/// The medians of one query in each repeat, in milliseconds.
fn medians(result: &BenchResult, name: &str) -> Vec<f64> {
    let samples = result.rounds.iter().filter_map(|round| round.get(name)).filter(|sample| sample.done > 0);
    samples.map(|sample| milliseconds::of(sample.p50)).filter(|ms| *ms > 0.0).collect()
}

fn runs(result: &BenchResult, name: &str) -> Runs {
    result.rounds.iter().filter_map(|round| round.get(name)).sum()
}

fn losing(a: &BenchResult, b: &BenchResult, name: &str) -> Finding {
    let (of_a, of_b) = (runs(a, name), runs(b, name));
    let message = format!(
        "{} of {} runs of B failed or had no answer, {} of {} of A",
        of_b.lost, of_b.asked, of_a.lost, of_a.asked
    );
    about("bench-loses-more", Status::Fail, name, message)
        .hint("times are those of runs that succeeded: the slow ones may be missing, so that B is not called faster")
}

/// Where B loses more runs than A it is not called faster: the slow ones may be those that are missing.
fn verdict(a: &[f64], b: &[f64], p: f64, loses_more: bool) -> Verdict {
    if a.len().min(b.len()) < REPEATS_MIN {
        return Verdict::NotMeasured;
    }
    match bootstrap_ratio(a, b, Of::Median, 1) {
        Some(it) if p <= ALPHA && it.low > 1.0 && it.estimate >= 1.0 + SMALLEST => Verdict::Slower,
        Some(it) if !loses_more && p <= ALPHA && it.high < 1.0 && it.estimate <= 1.0 / (1.0 + SMALLEST) => {
            Verdict::Faster
        }
        _ => Verdict::NoDifferenceShown,
    }
}

/// With its interval, if there is one.
fn ratio(a: &[f64], b: &[f64]) -> Option<(f64, f64, f64)> {
    bootstrap_ratio(a, b, Of::Median, 1).map(|it| (it.estimate, it.low, it.high))
}

fn warnings(a: &BenchResult, b: &BenchResult) -> Vec<Finding> {
    let mut found =
        vec![Finding::new("bench-not-interleaved", Status::Info, NOT_INTERLEAVED).hint(INTERLEAVE)];
    let differs = |what: &str, a: &str, b: &str| {
        (a != b).then(|| {
            Finding::new("bench-other-conditions", Status::Warn, format!("{what}: {a} in A, {b} in B"))
        })
    };
    found.extend(differs("another workload", &a.workload, &b.workload));
    found.extend(differs(
        "another server version",
        &a.environment.server_version,
        &b.environment.server_version,
    ));
    let pace =
        |it: &BenchResult| format!("{:?}, {} connections", it.load.options.pace, it.load.options.connections);
    found.extend(differs("another load", &pace(a), &pace(b)));
    for setting in &b.environment.settings {
        let was = a.environment.setting(&setting.name).unwrap_or("none");
        found.extend(differs(&format!("setting {}", setting.name), was, &setting.value));
    }
    found
}

const NOT_INTERLEAVED: &str =
    "the two were not run in turn: what happened to the machine between them is in the difference";
const INTERLEAVE: &str = "`pgrefit bench compare --a URL --b URL WORKLOAD` runs both in turn";

fn slower(name: &str, verdict: Verdict, ratio: Option<(f64, f64, f64)>) -> Option<Finding> {
    let (check, status) = match verdict {
        Verdict::Slower => ("bench-slower", Status::Fail),
        Verdict::Faster => ("bench-faster", Status::Info),
        Verdict::NotMeasured => {
            let message =
                "no verdict: it takes five repeats on each side (`pgrefit bench run --repeat 8 --save FILE`)";
            return Some(about("bench-no-verdict", Status::Info, name, message.to_owned()));
        }
        Verdict::NoDifferenceShown => return None,
    };
    let message = format!("B is {} than A: {}", verdict.as_str(), text(ratio));
    Some(about(check, status, name, message).confidence("estimate"))
}

/// Plans of one statement that are not what they were.
fn plans(a: &BenchResult, b: &BenchResult, name: &str) -> Vec<Finding> {
    match (a.plan(name), b.plan(name)) {
        (Some(a), Some(b)) => plan_changes(a, b, &Tolerance::default()),
        _ => Vec::new(),
    }
}

fn about(check: &str, status: Status, name: &str, message: String) -> Finding {
    Finding::new(check, status, message).about(name).kind("query")
}

fn table() -> Table {
    let columns = [
        Column::text("query", "Query"),
        Column::text("verdict", "B is"),
        Column::number("a_p50_ms", "A p50").in_unit("ms"),
        Column::number("b_p50_ms", "B p50").in_unit("ms"),
        Column::number("a_p95_ms", "A p95").in_unit("ms"),
        Column::number("b_p95_ms", "B p95").in_unit("ms"),
        Column::number("a_p99_ms", "A p99").in_unit("ms"),
        Column::number("b_p99_ms", "B p99").in_unit("ms"),
        Column::text("effect", "typical (95 % interval)"),
    ];
    Table::new("compared", "B against A", columns)
}

fn row(
    a: &BenchResult,
    b: &BenchResult,
    name: &str,
    verdict: Verdict,
    ratio: Option<(f64, f64, f64)>,
) -> Vec<Cell> {
    let word = if verdict == Verdict::NotMeasured { "no verdict" } else { verdict.as_str() };
    let mut row = vec![Cell::from(name), word.into()];
    let (a, b) = (a.query(name), b.query(name));
    let times: [fn(&QueryResult) -> Duration; 3] = [|it| it.p50, |it| it.p95, |it| it.p99];
    for of in times {
        row.extend([a, b].map(|query| Cell::from(query.map(|it| milliseconds::of(of(it))))));
    }
    row.push(ratio.map(|_| text(ratio)).into());
    row
}

fn text(ratio: Option<(f64, f64, f64)>) -> String {
    let share = crate::versus::share;
    ratio.map_or_else(String::new, |(ratio, low, high)| {
        format!("{} ({} to {})", share(ratio), share(low), share(high))
    })
}
