//! The results as a table for people and as JSON.

use super::Args;
use super::summary::{Summary, max_ms, migration_s};
use crate::bench::goal::Goal;
use crate::failure::Outcome;
use crate::workspace;
use serde_json::json;
use std::fmt::Write as _;

pub(super) fn print(args: &Args, summaries: &[Summary], goals: &[Goal]) {
    println!(
        "{} documents, {} tx/s, a reader of {} s; latencies in ms, medians of the rounds",
        args.rows, args.rate, args.reader
    );
    println!(
        "{:<9} {:>6} {:>8} {:>8} {:>7} {:>7} {:>9} {:>8} {:>10} {:>7}  each max",
        "", "rounds", "time s", "max", "p99", ">100", "sum>100 s", "silence", "not served", "failed"
    );
    for summary in summaries {
        println!("{}", row(summary));
    }
    for goal in goals {
        println!("{}", goal.line());
    }
}

fn row(summary: &Summary) -> String {
    let name = summary.mode.name();
    if summary.rounds.is_empty() {
        return format!("{name:<9} not installed");
    }
    let mut row = format!(
        "{name:<9} {:>6} {:>8.1} {:>8.0} {:>7.0} {:>7} {:>9.1} {:>8.0} {:>10} {:>7} ",
        summary.rounds.len(),
        summary.median(migration_s),
        summary.median(max_ms),
        summary.median(|round| round.figures.p99_ms),
        summary.sum(|figures| figures.slow),
        summary.median(|round| round.figures.slow_sum_ms / 1e3),
        summary.median(|round| round.figures.silence_ms),
        summary.sum(|figures| figures.not_served),
        summary.sum(|figures| figures.failed),
    );
    // Writing to a String cannot fail.
    for round in &summary.rounds {
        let _ = write!(row, " {:.0}", round.figures.max_ms);
    }
    if let Some(problem) = summary.problem() {
        let _ = write!(row, "\n{:<9} {problem}", "");
    }
    row
}

pub(super) fn write(args: &Args, summaries: &[Summary], goals: &[Goal]) -> Outcome<()> {
    let json = json!({
        "rows": args.rows,
        "rate": args.rate,
        "reader_s": args.reader,
        "single": args.single,
        "modes": summaries.iter().map(Summary::to_json).collect::<Vec<_>>(),
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    let name = if args.single { "migrate-under-load-single.json" } else { "migrate-under-load.json" };
    workspace::write(&workspace::target("bench").join(name), format!("{json:#}\n"))
}
