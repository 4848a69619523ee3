//! Findings with a place: a table of all of them by file, then each with its lines, folded away.

use super::{cure, escaped, excerpt, grid};
use crate::{Column, Finding, Location, Report, Status, phrase, printable};

const COLUMNS: [Column; 5] = [
    Column::text("file", "File"),
    Column::number("line", "Line"),
    Column::text("status", "Status"),
    Column::text("check", "Check"),
    Column::text("message", "Finding"),
];

/// The table and the folded details; nothing if no finding has a place.
pub(super) fn blocks(report: &Report) -> Vec<String> {
    let found = by_file(report);
    if found.is_empty() {
        return Vec::new();
    }
    let rows = found.iter().map(|(location, finding)| {
        vec![
            escaped(phrase::path(&location.file)),
            location.line.to_string(),
            finding.status.to_string(),
            check(report, finding),
            escaped(&finding.message),
        ]
    });
    let mut blocks = vec![grid(&COLUMNS, rows)];
    blocks.extend(found.iter().map(|(location, finding)| details(location, finding)));
    blocks
}

/// Files in the order in which they are first named, in each the findings down the file.
fn by_file(report: &Report) -> Vec<(&Location, &Finding)> {
    let told = |finding: &&Finding| !matches!(finding.status, Status::Pass | Status::Skip);
    let counted = report.counted().filter(told);
    let mut found: Vec<_> =
        counted.filter_map(|finding| finding.location.as_ref().map(|location| (location, finding))).collect();
    let files: Vec<&str> = found.iter().map(|(location, _)| location.file.as_str()).collect();
    let rank = |file: &str| files.iter().position(|name| *name == file);
    found.sort_by_key(|(location, _)| (rank(&location.file), location.line, location.column));
    found
}

/// The id of the check, linked to its page if it has one.
fn check(report: &Report, finding: &Finding) -> String {
    let id = escaped(&finding.check);
    let rule = report.rules.iter().find(|rule| rule.id == finding.check);
    match rule.and_then(|rule| rule.uri.as_deref()).filter(|uri| is_page(uri)) {
        Some(uri) => format!("[{id}]({uri})"),
        None => id,
    }
}

/// Whether `uri` can stand in a link as it is.
fn is_page(uri: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#=&%+@".contains(c);
    uri.starts_with("https://") && uri.chars().all(is_plain)
}

fn details(location: &Location, finding: &Finding) -> String {
    let summary =
        format!("{} {}: {}:{}", finding.status, finding.check, phrase::path(&location.file), location.line);
    let object =
        phrase::unnamed_object(finding).map_or_else(String::new, |object| format!("{}: ", escaped(object)));
    let mut blocks = vec![
        // Up to the first empty line a browser reads, not Markdown.
        format!("<details><summary>{}</summary>", html(&summary)),
        format!("{object}{}", escaped(&finding.message)),
        excerpt(location),
    ];
    blocks.extend(finding.caret.as_ref().map(|caret| format!("**here:** {}", escaped(caret))));
    let labels = finding.labels.iter().map(|label| {
        let Location { file, line, .. } = &label.location;
        format!(
            "{}:{line}: {}\n\n{}",
            escaped(phrase::path(file)),
            escaped(&label.message),
            excerpt(&label.location)
        )
    });
    blocks.extend(labels);
    blocks.extend(cure(finding));
    blocks.push("</details>".to_owned());
    blocks.join("\n\n")
}

/// Text in a tag, on one line.
fn html(text: &str) -> String {
    let line = printable::line(text);
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
