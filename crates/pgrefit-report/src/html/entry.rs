//! The findings of one check: what is the matter, with which objects, and what to do.

use super::cure;
use super::finding::at_its_place;
use super::markup::{anchor, badge, each, escaped, escaped_lines, given, paragraph};
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
    let entries = entries(group);
    format!("<section class=\"group\">\n<h2>{title}</h2>\n{entries}</section>\n")
}

/// What is in a group, without a heading.
pub(crate) fn entries(group: &Group<'_>) -> String {
    let name = escaped(group.title.unwrap_or("Other"));
    each(&group.entries, |it| entry(it, &name))
}

fn entry(entry: &Entry<'_>, group: &str) -> String {
    let status = entry.status;
    let message = entry.message();
    let said = message.is_some();
    let parts = [
        format!("<h3>{} <span class=\"title\">{}</span></h3>\n", badge(status), title(entry)),
        format!("<p class=\"id\"><code>{}</code>{}</p>\n", name(entry), number_of(entry)),
        given(message, |message| paragraph("message", &message)),
        if has_places(entry) { places(entry, !said) } else { of_database(entry, !said) },
    ];
    format!(
        "<article class=\"entry s-{status}\" id=\"{}-{status}\" data-status=\"{status}\" data-group=\"{group}\">\n\
         {}</article>\n",
        anchor(entry.check),
        parts.concat()
    )
}

/// The id of the check, with that of the catalogue, and a link to its page.
fn name(entry: &Entry<'_>) -> String {
    let code = entry.rule.and_then(|rule| rule.code.as_deref());
    let code = given(code, |code| format!("{} ", escaped(code)));
    let check = escaped(entry.check);
    match entry.rule.and_then(|rule| rule.uri.as_deref()).filter(|uri| uri.starts_with("https://")) {
        Some(uri) => format!("{code}<a href=\"{}\" rel=\"noreferrer\">{check}</a>", escaped(uri)),
        None => format!("{code}{check}"),
    }
}

/// What is known from objects of the database: the objects, then what to do about them all.
fn of_database(entry: &Entry<'_>, with_message: bool) -> String {
    let hints = each(entry.hints(), |hint| paragraph("hint", hint));
    [objects(entry, with_message), hints, cure::all(entry)].concat()
}

fn has_places(entry: &Entry<'_>) -> bool {
    entry.findings.iter().any(|finding| finding.location.is_some())
}

/// The problem in a few words; a check of which nothing is known has a name alone.
fn title(entry: &Entry<'_>) -> String {
    let title = escaped(entry.title());
    if entry.rule.is_some() { title } else { format!("<code>{title}</code>") }
}

fn number_of(entry: &Entry<'_>) -> String {
    match entry.findings.len() {
        1 => String::new(),
        several => format!(
            " <span class=\"many\">{}</span>",
            counted(several, if has_places(entry) { "place" } else { "object" })
        ),
    }
}

/// Places in files, each with its excerpt.
fn places(entry: &Entry<'_>, with_message: bool) -> String {
    let (open, folded) = split(&entry.findings, PLACES_OPEN);
    let list = |findings: &[&Finding]| {
        let items = each(findings, |finding| match &finding.location {
            Some(location) => at_its_place(finding, location, with_message),
            None => format!("<li class=\"row\">{}</li>\n", escaped_lines(&finding.message)),
        });
        format!("<ol class=\"places\">\n{items}</ol>\n")
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
fn keys<'a>(entry: &Entry<'a>) -> Vec<(&'a str, &'a Cell)> {
    let mut keys: Vec<(&str, &Cell)> = Vec::new();
    for (key, cell) in entry.findings.iter().flat_map(|finding| &finding.numbers) {
        if !keys.iter().any(|(known, _)| known == key) {
            keys.push((key, cell));
        }
    }
    keys.truncate(NUMBERS_SHOWN);
    keys
}

fn table(findings: &[&Finding], keys: &[(&str, &Cell)], with_message: bool) -> String {
    let heads = each(keys, |(key, cell)| {
        let class = if is_number(cell) { " class=\"number\"" } else { "" };
        format!("<th scope=\"col\"{class}>{}</th>", escaped(&phrase::number_name(key, cell)))
    });
    let rows = each(findings, |finding| row(finding, keys, with_message));
    format!(
        "<table class=\"objects n{}\">\n<thead><tr><th scope=\"col\">object</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n",
        keys.len()
    )
}

fn row(finding: &Finding, keys: &[(&str, &Cell)], with_message: bool) -> String {
    let name = match &finding.object {
        Some(object) => format!("<code class=\"object\">{}</code>", escaped(object)),
        None => "<span class=\"whole\">the whole database</span>".to_owned(),
    };
    let message = with_message.then(|| escaped_lines(&phrase::message(finding)));
    let message = given(message, |message| format!("<span class=\"said\">{message}</span>"));
    let cells = each(keys, |(key, _)| {
        let cell = finding.numbers.get(*key).unwrap_or(&Cell::Missing);
        let class = if is_number(cell) || *cell == Cell::Missing { " class=\"number\"" } else { "" };
        let label = escaped(&phrase::number_name(key, cell));
        format!("<td{class} data-label=\"{label}\">{}</td>", measured(cell))
    });
    format!("<tr class=\"row\"><th scope=\"row\">{name}{message}</th>{cells}</tr>\n")
}

const fn is_number(cell: &Cell) -> bool {
    matches!(cell, Cell::Integer(_) | Cell::Float(_) | Cell::DurationMs(_) | Cell::Bytes(_))
}
