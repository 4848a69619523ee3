//! The evidence in short: for a pull request and for a terminal, both by way of a report with a few tables.

use super::page::leads_somewhere;
use super::{Evidence, Line, Phase, Quantity, Stage, Step};
use crate::markdown::{escaped, fenced};
use crate::text::labelled;
use crate::{Cell, Column, Fact, Report, Table, TextOptions, render_markdown, render_text};

/// More steps than this are not named; the page has them all.
const STEPS_NAMED: usize = 5;

/// Where the column of numbers stands in the checklist.
const NUMBER: usize = 2;

/// The evidence in short, as GitHub-flavoured Markdown for a pull request: the verdict, the checklist, who was kept out
/// and for how long, and where more is.
#[must_use]
pub fn render_evidence_markdown(evidence: &Evidence) -> String {
    let mut report = report(evidence);
    report.tables =
        [Some(checklist(evidence)), locks(evidence), traffic(evidence)].into_iter().flatten().collect();
    let mut blocks = vec![render_markdown(&report).trim_end().to_owned()];
    blocks.extend(evidence.roll_forward.as_deref().map(roll_forward));
    blocks.extend(list("### What to do next", evidence.next_steps.iter().map(|step| escaped(step))));
    blocks.extend(list("### More", evidence.links.iter().map(|it| link(&it.title, &it.uri))));
    blocks.join("\n\n") + "\n"
}

/// The pipeline, the checklist, who was kept out and for how long, and the verdict, for a terminal.
#[must_use]
pub fn render_evidence_text(evidence: &Evidence, options: &TextOptions) -> String {
    let mut report = report(evidence);
    let mut checklist = checklist(evidence);
    // The sentence has the number in it, and a terminal has no room for both.
    checklist.columns.remove(NUMBER);
    checklist.rows.iter_mut().for_each(|row| drop(row.remove(NUMBER)));
    let known = [Some(pipeline(evidence)), Some(checklist), locks(evidence), traffic(evidence)];
    report.tables = known.into_iter().flatten().collect();
    render_text(&report, options) + &labelled("next:", &evidence.next_steps, options)
}

/// What both forms have.
fn report(evidence: &Evidence) -> Report {
    let mut report = Report::new("migrate", "", &evidence.started_at, evidence.outcome.clone());
    report.duration_ms = evidence.duration_ms;
    report.target.clone_from(&evidence.target);
    report.facts.push(Fact::new("run", "Run", evidence.run_id.as_str()));
    let environment = evidence.policy.as_ref().map(|policy| policy.environment.as_str());
    report.facts.extend(environment.map(|it| Fact::new("environment", "Environment", it)));
    report
}

fn pipeline(evidence: &Evidence) -> Table {
    let columns = [
        Column::text("stage", "Stage"),
        Column::text("status", "Status"),
        Column::number("took_ms", "Took"),
        Column::text("summary", "Summary"),
    ];
    let mut table = Table::new("pipeline", "Pipeline", columns);
    for stage in &evidence.stages {
        let took = stage.duration_ms.map_or(Cell::Missing, Cell::DurationMs);
        table.push([stage.name.as_str().into(), stage.status.into(), took, summary(stage).into()]);
    }
    table
}

fn summary(stage: &Stage) -> String {
    let skipped = stage.skipped.as_ref().map(|reason| format!("skipped: {reason}"));
    let reused = stage.reused.as_ref().map(|proof| format!("reused: {proof}"));
    let said = Some(stage.summary.clone()).filter(|it| !it.is_empty());
    [said, skipped, reused].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn checklist(evidence: &Evidence) -> Table {
    let columns = [
        Column::text("status", "Status"),
        Column::text("requirement", "Requirement"),
        Column::number("number", "Number"),
        Column::text("measurement", "Measurement"),
    ];
    let mut table = Table::new("checklist", "Checklist", columns);
    for line in evidence.checklist.lines() {
        let number = line.measurement().map_or(Cell::Missing, |it| cell(it.quantity));
        table.push([line.status().into(), line.requirement().title().into(), number, said(line).into()]);
    }
    table
}

fn said(line: &Line) -> String {
    let word = if line.status() == crate::Status::Skip { "not required" } else { "not measured" };
    match line.measurement() {
        Some(measurement) => measurement.text.clone(),
        None => format!("{word}: {}", line.reason().unwrap_or_default()),
    }
}

fn cell(quantity: Quantity) -> Cell {
    match quantity {
        Quantity::Count(count) => count.into(),
        Quantity::Ms(ms) => Cell::DurationMs(ms),
        Quantity::Bytes(bytes) => Cell::Bytes(bytes),
        Quantity::Percent(percent) => format!("{percent} %").into(),
    }
}

/// The steps that kept others out for longest.
fn locks(evidence: &Evidence) -> Option<Table> {
    let longest = |step: &Step| Phase::BOTH.into_iter().filter_map(|phase| step.strong_lock_ms(phase)).max();
    let mut steps: Vec<&Step> = evidence.steps.iter().filter(|step| longest(step) > Some(0)).collect();
    steps.sort_by_key(|step| std::cmp::Reverse(longest(step)));
    let columns = [
        Column::text("step", "Step"),
        Column::number("predicted_ms", "Predicted"),
        Column::number("actual_ms", "Actual"),
        Column::number("limit_ms", "Limit"),
    ];
    let mut table = Table::new("locks", "Longest locks", columns);
    let limit = evidence.policy.as_ref().and_then(|policy| policy.strong_lock_limit_ms);
    let time = |ms: Option<u64>| ms.map_or(Cell::Missing, Cell::DurationMs);
    for step in steps.iter().take(STEPS_NAMED) {
        let [predicted, actual] = Phase::BOTH.map(|phase| time(step.strong_lock_ms(phase)));
        table.push([format!("{}, {}", step.file, step.name()).into(), predicted, actual, time(limit)]);
    }
    Some(table).filter(|table| !table.rows.is_empty())
}

fn traffic(evidence: &Evidence) -> Option<Table> {
    let columns = [
        Column::text("stage", "During"),
        Column::text("workload", "Workload"),
        Column::number("completed", "Completed"),
        Column::number("failed", "Failed"),
        Column::number("p99", "p99").in_unit("ms"),
        Column::number("longest", "Longest").in_unit("ms"),
    ];
    let mut table = Table::new("traffic", "Traffic", columns);
    for traffic in &evidence.traffic {
        let total = &traffic.total;
        table.push([
            traffic.stage.as_str().into(),
            traffic.workload.as_str().into(),
            total.completed.into(),
            total.failed.into(),
            total.p99_ms.into(),
            total.max_ms.into(),
        ]);
    }
    Some(table).filter(|table| !table.rows.is_empty())
}

fn roll_forward(sql: &str) -> String {
    format!("<details><summary>Roll-forward draft</summary>\n\n{}\n\n</details>", fenced(sql))
}

/// `items`, which are Markdown, below a heading.
fn list(heading: &str, items: impl Iterator<Item = String>) -> Option<String> {
    let items: Vec<String> = items.map(|item| format!("- {item}")).collect();
    if items.is_empty() { None } else { Some(format!("{heading}\n\n{}", items.join("\n"))) }
}

fn link(title: &str, uri: &str) -> String {
    let title = escaped(title);
    if leads_somewhere(uri) { format!("[{title}]({uri})") } else { format!("{title}: {}", escaped(uri)) }
}

#[cfg(test)]
mod tests;
