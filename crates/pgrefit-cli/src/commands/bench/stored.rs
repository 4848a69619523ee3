//! Two results that were saved.

use std::path::Path;

use pgrefit_bench::benchmark::{BenchResult, compare_stored};
use pgrefit_bench::versus::Verdict;
use pgrefit_report::{Fact, Outcome, Status};

use super::outcome;
use crate::context::shown;
use crate::{Context, Exit, Failed, Output};

/// Compares two files; needs no database.
pub(super) fn run(context: &Context, a: &Path, b: &Path, html: Option<&Path>) -> Result<Output, Failed> {
    let (of_a, of_b) = (read(a)?, read(b)?);
    let compared = compare_stored(&of_a, &of_b);
    let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, ""));
    report.facts = vec![
        Fact::new("a", "A", shown(a)),
        Fact::new("a_repeats", "its repeats", of_a.rounds.len()),
        Fact::new("b", "B", shown(b)),
        Fact::new("b_repeats", "its repeats", of_b.rounds.len()),
    ];
    report.tables = vec![compared.table];
    let summary = summary(&compared.verdicts);
    let (exit, report) = outcome::ended(report, compared.findings, summary);
    outcome::write_page(&report, &[], html)?;
    Ok(Output::Report(exit, Box::new(report)))
}

fn read(path: &Path) -> Result<BenchResult, Failed> {
    let wrong = |what: String| {
        Failed::new(Exit::Usage, format!("failed to read the result {}: {what}", shown(path)))
            .hint("it is written by `pgrefit bench run --save FILE`; a workload comes with --a, --b, --a-set or --a-setup")
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    BenchResult::from_json(&text).map_err(wrong)
}

fn summary(verdicts: &[(String, Verdict)]) -> String {
    let count = |verdict| verdicts.iter().filter(|(_, it)| *it == verdict).count();
    format!(
        "of {} queries, {} slower, {} faster, {} without a difference shown, {} without a verdict",
        verdicts.len(),
        count(Verdict::Slower),
        count(Verdict::Faster),
        count(Verdict::NoDifferenceShown),
        count(Verdict::NotMeasured)
    )
}
