//! A comparison as people read it.

use pgrefit_report::{Cell, Column, Finding, Status, Table};

use super::{Compared, Comparison, Effect, Verdict};
use crate::brief::with_brief;
use crate::milliseconds;

/// One row for each statement, and one for the whole mix.
#[must_use]
pub fn comparison_rows(comparison: &Comparison) -> Table {
    let columns = [
        Column::text("query", "Query"),
        Column::text("verdict", "B is"),
        Column::number("a_p50_ms", "A p50").in_unit("ms"),
        Column::number("b_p50_ms", "B p50").in_unit("ms"),
        Column::text("effect", "effect (95 % interval)"),
        Column::text("typical", "p50"),
        Column::text("unhindered", "p10"),
        Column::text("tail", "p95"),
        Column::text("tail_verdict", "p95 is"),
        Column::number("p_adjusted", "p"),
        Column::text("rounds_slower", "slower in"),
    ];
    let mut table = Table::new("compared", "B against A", columns);
    for it in &comparison.statements {
        table.push(row(it));
    }
    if comparison.statements.len() > 1 {
        table.push(row_of_all(comparison));
    }
    with_brief(table, &["query", "verdict", "a_p50_ms", "b_p50_ms", "effect", "rounds_slower"])
}

fn row(it: &Compared) -> Vec<Cell> {
    let effect = it.deciding();
    vec![
        it.name.as_str().into(),
        it.verdict.as_str().into(),
        milliseconds::of(it.a_p50).into(),
        milliseconds::of(it.b_p50).into(),
        effect.text().into(),
        it.typical.text().into(),
        it.unhindered.text().into(),
        it.tail.as_ref().map(Effect::text).into(),
        it.tail.map(|it| it.verdict.as_str()).into(),
        probability(effect),
        pairs_slower(effect),
    ]
}

fn row_of_all(comparison: &Comparison) -> Vec<Cell> {
    let effect = comparison.deciding();
    vec![
        "in all".into(),
        comparison.verdict.as_str().into(),
        Cell::Missing,
        Cell::Missing,
        effect.text().into(),
        comparison.all.text().into(),
        comparison.all_unhindered.text().into(),
        Cell::Missing,
        Cell::Missing,
        probability(effect),
        pairs_slower(effect),
    ]
}

fn probability(effect: &Effect) -> Cell {
    ((effect.p_adjusted * 10_000.0).round() / 10_000.0).into()
}

fn pairs_slower(effect: &Effect) -> Cell {
    format!("{} of {}", effect.pairs_slower, effect.pairs).into()
}

/// What became slower, is faster, fails on one side, or could not be told.
///
/// | check | level | when |
/// |---|---|---|
/// | `bench-slower` | fail | the verdict of a statement or of the whole mix is "slower" |
/// | `bench-tail-slower` | warn | that of its p95 alone is |
/// | `bench-faster` | info | the verdict is "faster" |
/// | `bench-fails` | fail | B lost runs and A none, or a larger part of them than A beyond chance: failed, not sent, or without an answer |
/// | `bench-not-compared` | blind | too few rounds in which both sides ran it |
#[must_use]
pub fn comparison_findings(comparison: &Comparison) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        comparison.statements.iter().flat_map(|it| of_statement(it, comparison.pairs_needed)).collect();
    // Of one statement, the mix says the same once more.
    if comparison.statements.len() != 1 {
        findings.extend(of_effect(
            "in all",
            comparison.verdict,
            comparison.deciding(),
            comparison.pairs_needed,
        ));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.status));
    findings
}

fn of_statement(it: &Compared, needed: usize) -> Vec<Finding> {
    let mut findings: Vec<Finding> = failing(it).into_iter().collect();
    let typical = of_effect(&it.name, it.verdict, it.deciding(), needed);
    let is_slower = it.verdict == Verdict::Slower;
    let tail = it.tail.filter(|tail| tail.verdict == Verdict::Slower && !is_slower);
    findings.extend(typical);
    findings.extend(tail.map(|tail| {
        let message = format!("p95 of B is {} that of A", tail.text());
        with_numbers(Finding::new("bench-tail-slower", Status::Warn, message), &it.name, &tail)
    }));
    findings
}

fn failing(it: &Compared) -> Option<Finding> {
    if !it.loses_more {
        return None;
    }
    let of_a = if it.a_failed + it.a_unanswered == 0 {
        "none of A".to_owned()
    } else {
        format!("of A {} and {}", it.a_failed, it.a_unanswered)
    };
    let message = format!("{} runs of B failed and {} had no answer, {of_a}", it.b_failed, it.b_unanswered);
    let finding = Finding::new("bench-fails", Status::Fail, message).about(&it.name).kind("query");
    Some(finding.number("failed", it.b_failed).number("unanswered", it.b_unanswered).hint(LOST))
}

const LOST: &str =
    "times are those of runs that succeeded: the slow ones may be missing, so that B is not called faster";

fn of_effect(name: &str, verdict: Verdict, effect: &Effect, needed: usize) -> Option<Finding> {
    let (check, status, message) = match verdict {
        Verdict::Slower => ("bench-slower", Status::Fail, format!("B is slower than A: {}", effect.text())),
        Verdict::Faster => ("bench-faster", Status::Info, format!("B is faster than A: {}", effect.text())),
        Verdict::NotMeasured => {
            let message = format!("{} of {needed} pairs of rounds that a verdict needs", effect.pairs);
            ("bench-not-compared", Status::Blind, message)
        }
        Verdict::NoDifferenceShown => return None,
    };
    Some(with_numbers(Finding::new(check, status, message), name, effect))
}

fn with_numbers(finding: Finding, name: &str, effect: &Effect) -> Finding {
    let finding = finding.about(name).kind("query").number("pairs", effect.pairs);
    if effect.verdict == Verdict::NotMeasured {
        return finding.hint("longer rounds, so that each has a run of it, or more pairs of them");
    }
    let round = |ratio: f64| (ratio * 1000.0).round() / 1000.0;
    finding
        .number("ratio", round(effect.ratio))
        .number("ratio_low", round(effect.low))
        .number("ratio_high", round(effect.high))
        .number("p_adjusted", (effect.p_adjusted * 1e6).round() / 1e6)
        .confidence("likely")
}

/// `B is slower in all: +9.8 % (+8.1 % to +11 %); of 4 queries 2 are slower, 1 is faster`.
#[must_use]
pub fn summary(comparison: &Comparison) -> String {
    let all = comparison.deciding();
    let count = |verdict| comparison.statements.iter().filter(|it| it.verdict == verdict).count();
    let (slower, faster) = (count(Verdict::Slower), count(Verdict::Faster));
    let head = match comparison.verdict {
        Verdict::NotMeasured => "B and A could not be compared in all".to_owned(),
        Verdict::NoDifferenceShown => format!("no difference shown in all: {}", all.text()),
        verdict => format!("B is {} in all: {}", verdict.as_str(), all.text()),
    };
    let queries = pgrefit_report::counted(comparison.statements.len(), "query").replace("querys", "queries");
    let losing = comparison.statements.iter().filter(|it| it.loses_more).count();
    let lost = if losing == 0 { String::new() } else { format!(", {losing} with more runs lost in B") };
    format!("{head}; of {queries}, {slower} slower and {faster} faster{lost}")
}
