//! Findings by group, and those of one check under one heading.

use super::TextOptions;
use super::finding::{self, numbers};
use super::flow::width;
use super::hang::Label;
use super::paint::{BOLD, PLAIN, paint, style_of};
use crate::grouped::{Entry, Group};
use crate::{Finding, counted, phrase, printable};

/// More objects of one check than this are counted, not listed: a terminal is no file.
const OBJECTS_TOLD: usize = 20;

/// One section for the heading of each group, one for each entry.
pub(super) fn sections(groups: &[Group<'_>], options: &TextOptions) -> Vec<Vec<String>> {
    let mut sections = Vec::new();
    for group in groups {
        let title = printable::line(group.title.unwrap_or("Other"));
        sections.push(vec![paint(&title, BOLD, options.color)]);
        sections.extend(group.entries.iter().map(|entry| lines(entry, options)));
    }
    sections
}

fn lines(entry: &Entry<'_>, options: &TextOptions) -> Vec<String> {
    let note = |word: &str, text: &str| Label::new(2, word, BOLD, options).before(text, options);
    let mut lines = heading(entry, options);
    let message = entry.message();
    if let Some(message) = &message {
        lines.extend(Label::new(2, "", PLAIN, options).before(message, options));
    }
    lines.extend(objects(entry, message.is_none(), options));
    let more = entry.findings.len().saturating_sub(OBJECTS_TOLD);
    if more > 0 {
        lines.push(format!("    and {more} more: --format json lists them"));
    }
    for hint in entry.hints() {
        lines.extend(note("hint:", hint));
    }
    for cure in entry.cures(OBJECTS_TOLD) {
        lines.extend(note("fix:", &phrase::price(cure.remediation)));
        lines.extend(printable::lines(&cure.sql).map(|line| format!("    {line}")));
    }
    lines
}

/// `fail: two indexes do the same work [index-duplicate, 3 objects]`.
fn heading(entry: &Entry<'_>, options: &TextOptions) -> Vec<String> {
    let many = match entry.findings.len() {
        1 => String::new(),
        several => format!(", {}", counted(several, "object")),
    };
    let check = match entry.rule.and_then(|rule| rule.code.as_deref()) {
        Some(code) => format!("{code} {}", entry.check),
        None => entry.check.to_owned(),
    };
    let title = if entry.rule.is_some() { format!("{} ", entry.title()) } else { String::new() };
    let word = Label::new(0, &format!("{}:", entry.status), style_of(entry.status), options);
    word.before(&format!("{title}[{check}{many}]"), options)
}

/// The objects under each other, beside them or below what is said of each.
fn objects(entry: &Entry<'_>, with_message: bool, options: &TextOptions) -> Vec<String> {
    let told = || entry.findings.iter().take(OBJECTS_TOLD);
    let names = told().filter_map(|finding| finding.object.as_deref());
    let column = names.map(|name| width(&printable::line(name))).max().unwrap_or(0) + 6;
    let beside = column <= options.width / 2;
    told()
        .flat_map(|finding| {
            let object = finding.object.as_deref().map(printable::line);
            let said = said(finding, with_message, options);
            match object {
                None if said.is_empty() => Vec::new(),
                None => Label::new(4, "", PLAIN, options).before(&said, options),
                Some(object) if said.is_empty() => Label::new(4, &object, BOLD, options).before("", options),
                Some(object) if beside => {
                    Label::new(4, &object, BOLD, options).up_to(column).before(&said, options)
                }
                Some(object) => {
                    let mut lines = Label::new(4, &object, BOLD, options).before("", options);
                    lines.extend(Label::new(6, "", PLAIN, options).before(&said, options));
                    lines
                }
            }
        })
        .collect()
}

/// What is said of one object: the message, the numbers behind it, why it does not count.
fn said(finding: &Finding, with_message: bool, options: &TextOptions) -> String {
    let mut parts = Vec::new();
    parts.extend(with_message.then(|| phrase::message(finding)));
    if options.verbose && !finding.numbers.is_empty() {
        parts.push(numbers(finding));
    }
    parts.extend(finding.suppressed.iter().map(|reason| format!("suppressed: {reason}")));
    if let Some(location) = &finding.location {
        parts.push(finding::place(location));
    }
    parts.join("\n")
}
