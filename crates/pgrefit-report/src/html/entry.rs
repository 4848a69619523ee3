//! The findings of one check: what is the matter, with which objects, and what to do.

use super::cure;
use super::finding::at_its_place;
use super::markup::{anchor, badge, escaped, escaped_lines};
use super::values::measured;
use crate::grouped::{Entry, Group};
use crate::{Cell, Finding, counted, phrase};

/// More objects than this are folded.
const OBJECTS_OPEN: usize = 8;
/// More excerpts of files than this are folded: each is many lines.
const PLACES_OPEN: usize = 4;
/// More kinds of numbers than this would make a table that nobody can read.
const NUMBERS_SHOWN: usize = 5;

/// A group with its heading.
pub(super) fn group(group: &Group<'_>, has_groups: bool) -> String {
    let title = escaped(group.title.unwrap_or(if has_groups { "Other" } else { "Findings" }));
    let name = escaped(group.title.unwrap_or("Other"));
    let entries: String = group.entries.iter().map(|it| entry(it, &name)).collect();
    format!("<section class=\"group\">\n<h2>{title}</h2>\n{entries}</section>\n")
}

fn entry(entry: &Entry<'_>, group: &str) -> String {
    let status = entry.status;
    let code = entry.rule.and_then(|rule| rule.code.as_deref());
    let code = code.map_or_else(String::new, |code| format!("{} ", escaped(code)));
    let check = escaped(entry.check);
    let check = match entry.rule.and_then(|rule| rule.uri.as_deref()) {
        Some(uri) if uri.starts_with("https://") => {
            format!("<a href=\"{}\" rel=\"noreferrer\">{check}</a>", escaped(uri))
        }
        _ => check,
    };
    let mut html = format!(
        "<article class=\"entry s-{status}\" id=\"{}-{status}\" data-status=\"{status}\" data-group=\"{group}\">\n\
         <h3>{} <span class=\"title\">{}</span></h3>\n<p class=\"id\"><code>{code}{check}</code>{}</p>\n",
        anchor(entry.check),
        badge(status),
        title(entry),
        number_of(entry)
    );
    let message = entry.message();
    if let Some(message) = &message {
        html += &format!("<p class=\"message\">{}</p>\n", escaped_lines(message));
    }
    if entry.findings.iter().any(|finding| finding.location.is_some()) {
        html += &places(entry, message.is_none());
    } else {
        html += &objects(entry, message.is_none());
        for hint in entry.hints() {
            html += &format!("<p class=\"hint\">{}</p>\n", escaped_lines(hint));
        }
        html += &cure::all(entry);
    }
    html + "</article>\n"
}

/// The problem in a few words; a check of which nothing is known has a name alone.
fn title(entry: &Entry<'_>) -> String {
    let title = escaped(entry.title());
    if entry.rule.is_some() { title } else { format!("<code>{title}</code>") }
}

fn number_of(entry: &Entry<'_>) -> String {
    match entry.findings.len() {
        1 => String::new(),
        several => format!(" <span class=\"many\">{}</span>", counted(several, noun(entry))),
    }
}

fn noun(entry: &Entry<'_>) -> &'static str {
    if entry.findings.iter().any(|finding| finding.location.is_some()) { "place" } else { "object" }
}

/// Places in files, each with its excerpt.
fn places(entry: &Entry<'_>, with_message: bool) -> String {
    let (open, folded) = split(&entry.findings, PLACES_OPEN);
    let list = |findings: &[&Finding]| -> String {
        let items = findings.iter().map(|finding| match &finding.location {
            Some(location) => at_its_place(finding, location, with_message),
            None => format!("<li class=\"row\">{}</li>\n", escaped_lines(&finding.message)),
        });
        format!("<ol class=\"places\">\n{}</ol>\n", items.collect::<String>())
    };
    list(open) + &fold(folded.len(), "place", || list(folded))
}

/// Those that stay open and those that are folded; to fold one or two would save nothing.
fn split<'a, 'b>(findings: &'a [&'b Finding], open: usize) -> (&'a [&'b Finding], &'a [&'b Finding]) {
    findings.split_at(if findings.len() <= open + 2 { findings.len() } else { open })
}

fn fold(number: usize, noun: &str, content: impl FnOnce() -> String) -> String {
    if number == 0 {
        return String::new();
    }
    format!(
        "<details class=\"more\"><summary>{number} more {noun}{}</summary>\n{}</details>\n",
        if number == 1 { "" } else { "s" },
        content()
    )
}

/// The objects with the numbers behind the judgement, as a table.
fn objects(entry: &Entry<'_>, with_message: bool) -> String {
    let keys = keys(entry);
    let nameless = entry.findings.iter().all(|finding| finding.object.is_none());
    if nameless && keys.is_empty() && !with_message {
        return String::new();
    }
    let (open, folded) = split(&entry.findings, OBJECTS_OPEN);
    let table = |findings: &[&Finding]| table(findings, &keys, with_message);
    table(open) + &fold(folded.len(), "object", || table(folded))
}

/// The names of the numbers that the findings have, with one value for the unit.
fn keys<'a>(entry: &Entry<'a>) -> Vec<(&'static str, &'a Cell)> {
    let mut keys: Vec<(&str, &Cell)> = Vec::new();
    for (key, cell) in entry.findings.iter().flat_map(|finding| &finding.numbers) {
        if !keys.iter().any(|(known, _)| known == key) {
            keys.push((key, cell));
        }
    }
    keys.truncate(NUMBERS_SHOWN);
    keys
}

fn table(findings: &[&Finding], keys: &[(&'static str, &Cell)], with_message: bool) -> String {
    let heads: String = keys
        .iter()
        .map(|(key, cell)| {
            let class = if is_number(cell) { " class=\"number\"" } else { "" };
            format!("<th scope=\"col\"{class}>{}</th>", escaped(&phrase::number_name(key, cell)))
        })
        .collect();
    let rows: String = findings.iter().map(|finding| row(finding, keys, with_message)).collect();
    format!(
        "<table class=\"objects n{}\">\n<thead><tr><th scope=\"col\">object</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n",
        keys.len()
    )
}

fn row(finding: &Finding, keys: &[(&'static str, &Cell)], with_message: bool) -> String {
    let object = finding.object.as_deref().unwrap_or("the whole database");
    let mut name = format!("<code class=\"object\">{}</code>", escaped(object));
    if with_message {
        name += &format!("<span class=\"said\">{}</span>", escaped_lines(&phrase::message(finding)));
    }
    let cells: String = keys
        .iter()
        .map(|(key, _)| {
            let cell = finding.numbers.get(key).unwrap_or(&Cell::Missing);
            let class = if is_number(cell) || *cell == Cell::Missing { " class=\"number\"" } else { "" };
            let label = escaped(&phrase::number_name(key, cell));
            format!("<td{class} data-label=\"{label}\">{}</td>", measured(cell))
        })
        .collect();
    format!("<tr class=\"row\"><th scope=\"row\">{name}</th>{cells}</tr>\n")
}

const fn is_number(cell: &Cell) -> bool {
    matches!(cell, Cell::Integer(_) | Cell::Float(_) | Cell::DurationMs(_) | Cell::Bytes(_))
}
