//! One finding: the judgement in a line, its reasons and cure beneath.

use anstyle::Style;

use super::TextOptions;
use super::flow::wrap;
use super::hang::Label;
use super::paint::{BOLD, DIM, PLAIN, paint, style_of};
use super::snippet;
use crate::{Finding, Location, Remediation, phrase, printable};

/// The lines of one finding.
pub(super) fn lines(finding: &Finding, options: &TextOptions) -> Vec<String> {
    match &finding.location {
        Some(location) => at_its_place(finding, location, options),
        None => on_its_own(finding, options),
    }
}

/// What is known from an object of the database.
fn on_its_own(finding: &Finding, options: &TextOptions) -> Vec<String> {
    let body = Label::new(2, "", PLAIN, options);
    let note = |word: &str, text: &str| Label::new(2, word, BOLD, options).before(text, options);
    let mut lines = vec![heading(finding, options)];
    lines.extend(body.before(&phrase::message(finding), options));
    if options.verbose && !finding.numbers.is_empty() {
        lines.extend(body.before(&numbers(finding), options));
    }
    lines.extend(finding.suppressed.iter().flat_map(|reason| note("suppressed:", reason)));
    lines.extend(finding.hint.iter().flat_map(|hint| note("hint:", hint)));
    if let Some(remediation) = &finding.remediation {
        lines.extend(note("fix:", &phrase::price(remediation)));
        lines.extend(statements(remediation, 4));
    }
    lines
}

fn heading(finding: &Finding, options: &TextOptions) -> String {
    let status = paint(finding.status.as_str(), style_of(finding.status), options.color);
    let check = printable::line(&finding.check);
    match &finding.object {
        Some(object) => {
            let object = paint(&printable::line(object), BOLD, options.color);
            format!("{status}: {object} [{check}]")
        }
        None => format!("{status}: [{check}]"),
    }
}

/// What is known from a place in a file, in the form of a compiler.
fn at_its_place(finding: &Finding, location: &Location, options: &TextOptions) -> Vec<String> {
    let style = style_of(finding.status);
    let mut lines = title(finding, style, options);
    let caret = finding.caret.as_deref();
    lines.extend(snippet::lines(location, caret, &finding.labels, style, options));
    let indent = snippet::gutter(location, &finding.labels) + 1;
    let notes = notes(finding, indent, options);
    if !notes.is_empty() {
        lines.push(format!("{:indent$}{}", "", paint("|", DIM, options.color)));
    }
    lines.extend(notes);
    lines
}

/// `fail[some-check]: what is the matter`. Further lines are only a little in: the name of a check may be long.
fn title(finding: &Finding, style: Style, options: &TextOptions) -> Vec<String> {
    const INDENT: &str = "  ";
    let name = format!("{}[{}]:", finding.status, printable::line(&finding.check));
    let text = printable::lines(&format!("{name} {}", phrase::message(finding))).collect::<Vec<_>>();
    let lines = text.iter().flat_map(|line| wrap(line, options.width.saturating_sub(INDENT.len())));
    lines
        .enumerate()
        .map(|(index, line)| match line.strip_prefix(&name) {
            Some(rest) if index == 0 => format!("{}{rest}", paint(&name, style, options.color)),
            _ if index == 0 => line,
            _ => format!("{INDENT}{line}"),
        })
        .collect()
}

/// What stands below the place, each behind its word.
fn notes(finding: &Finding, indent: usize, options: &TextOptions) -> Vec<String> {
    let note = |word: &str, text: &str| {
        Label::new(indent, &format!("= {word}:"), BOLD, options).before(text, options)
    };
    let mut lines = Vec::new();
    lines.extend(phrase::unnamed_object(finding).iter().flat_map(|object| note("object", object)));
    if options.verbose && !finding.numbers.is_empty() {
        lines.extend(note("numbers", &numbers(finding)));
    }
    lines.extend(finding.suppressed.iter().flat_map(|reason| note("suppressed", reason)));
    lines.extend(finding.hint.iter().flat_map(|hint| note("help", hint)));
    if let Some(remediation) = &finding.remediation {
        lines.extend(note("fix", &phrase::price(remediation)));
        lines.extend(statements(remediation, indent + 4));
    }
    lines
}

/// `rows 12, lock wait 3.4 s`: the key without the unit that the value already carries.
pub(super) fn numbers(finding: &Finding) -> String {
    let named = finding
        .numbers
        .iter()
        .map(|(key, value)| format!("{} {}", phrase::number_name(key, value), phrase::value(value)));
    named.collect::<Vec<_>>().join(", ")
}

/// `at migrations/V7__orders.sql:2:1`.
pub(super) fn place(location: &Location) -> String {
    format!("at {}:{}:{}", phrase::path(&location.file), location.line, location.column)
}

/// The SQL is not wrapped: it is there to be copied.
fn statements(remediation: &Remediation, indent: usize) -> impl Iterator<Item = String> {
    printable::lines(&remediation.sql).map(move |line| format!("{:indent$}{line}", ""))
}
