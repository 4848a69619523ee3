//! The form people read in a terminal.
//!
//! Sections in reading order, an empty line between them: what the command worked on, facts, tables, findings, the
//! error, and last the outcome, where the eye of somebody who looks at a finished command is.

mod checks;
mod failure;
mod finding;
mod flow;
mod grid;
mod grouped;
mod hang;
mod paint;
mod snippet;
mod window;

use flow::{cut, width};
use hang::Label;
use paint::{BOLD, DIM, paint, style_of};

use crate::grouped::{groups, has_groups};
use crate::{
    Fact, Failure, Finding, Label as Related, Location, Outcome, Report, Status, Table, Target,
    human_duration, phrase, printable,
};

/// How to lay out text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether to colour. Without it the text holds no escape sequence at all.
    pub color: bool,
    /// Columns of the terminal; lines are cut or wrapped to it.
    pub width: usize,
    /// Whether to list what passed, was skipped or is suppressed too, and the numbers behind each finding.
    pub verbose: bool,
}

/// The whole report.
#[must_use]
pub fn render_text(report: &Report, options: &TextOptions) -> String {
    let mut sections = Vec::new();
    sections.extend(report.target.as_ref().map(|server| target(server, options)));
    sections.push(facts(&report.facts, options));
    let brief = |table: &'_ Table| section(table.brief.as_deref().unwrap_or(table), options);
    sections.extend(report.tables.iter().map(brief));
    let told = |finding: &&Finding| {
        let passed = matches!(finding.status, Status::Pass | Status::Skip);
        options.verbose || !passed && finding.suppressed.is_none()
    };
    if has_groups(report) {
        sections.extend(grouped::sections(&groups(report, |finding| told(&finding)), options));
    } else {
        let findings = report.findings.iter().filter(told);
        sections.extend(findings.map(|finding| finding::lines(finding, options)));
    }
    sections.extend(checks::sections(report, options));
    sections.extend(report.outcome.error.as_ref().map(|error| failure::lines(error, options)));
    sections.push(outcome(report, options));
    sections.retain(|lines| !lines.is_empty());
    let sections: Vec<String> = sections.iter().map(|lines| joined(lines)).collect();
    sections.join("\n")
}

/// The error block alone, as it belongs on standard error.
#[must_use]
pub fn render_failure(failure: &Failure, options: &TextOptions) -> String {
    joined(&failure::lines(failure, options))
}

/// Each text behind `word`, as belongs below an outcome.
pub(crate) fn labelled(word: &str, texts: &[String], options: &TextOptions) -> String {
    let label = Label::new(0, word, BOLD, options);
    joined(&texts.iter().flat_map(|text| label.before(text, options)).collect::<Vec<_>>())
}

/// How text is laid out within another form.
const PLAIN: TextOptions = TextOptions { color: false, width: 110, verbose: true };

/// One finding, for a form that has a place for text.
pub(crate) fn plain_finding(finding: &Finding) -> String {
    joined(&finding::lines(finding, &PLAIN))
}

/// The lines of a place in a file, for a form that has a place for text.
pub(crate) fn plain_snippet(location: &Location, caret: Option<&str>, labels: &[Related]) -> String {
    joined(&snippet::lines(location, caret, labels, paint::PLAIN, &PLAIN))
}

/// The error block, for a form that has a place for text.
pub(crate) fn plain_failure(failure: &Failure) -> String {
    render_failure(failure, &PLAIN)
}

fn joined(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn target(target: &Target, options: &TextOptions) -> Vec<String> {
    vec![paint(&cut(&phrase::target(target), options.width), DIM, options.color)]
}

/// Titles in one column, values in the next.
fn facts(facts: &[Fact], options: &TextOptions) -> Vec<String> {
    let column = facts.iter().map(|fact| width(&fact.title)).max().unwrap_or(0) + 2;
    let line = |fact: &Fact| {
        let title = Label::new(0, &fact.title, DIM, options).up_to(column);
        title.before(&phrase::value(&fact.value), options)
    };
    facts.iter().flat_map(line).collect()
}

fn section(table: &Table, options: &TextOptions) -> Vec<String> {
    let mut lines = vec![paint(&printable::line(&table.title), BOLD, options.color)];
    if table.rows.is_empty() {
        lines.push("  none".to_owned());
    } else {
        lines.extend(grid::lines(table, options));
    }
    lines
}

fn outcome(report: &Report, options: &TextOptions) -> Vec<String> {
    let Outcome { status, summary, .. } = &report.outcome;
    let word = Label::new(0, &format!("{status}:"), style_of(*status), options);
    word.before(&format!("{summary} ({})", human_duration(report.duration_ms)), options)
}

#[cfg(test)]
mod tests;
