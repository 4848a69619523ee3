//! The form for a job's summary and a comment on a pull request: GitHub-flavoured Markdown.

mod places;

use crate::{Align, Column, Failure, Finding, Location, Report, Table, human_duration, phrase, printable};

/// The whole report as GitHub-flavoured Markdown.
#[must_use]
pub fn render_markdown(report: &Report) -> String {
    let mut blocks = vec![heading(report)];
    blocks.extend(report.target.as_ref().map(|target| escaped(&phrase::target(target))));
    blocks.extend(report.outcome.error.as_ref().map(failure));
    if !report.facts.is_empty() {
        let facts =
            report.facts.iter().map(|fact| vec![escaped(&fact.title), escaped(&phrase::value(&fact.value))]);
        blocks.push(grid(&["", ""].map(|title| Column::text("", title)), facts));
    }
    blocks.extend(report.tables.iter().map(table));
    if report.counted().next().is_some() {
        blocks.push("### Findings".to_owned());
    }
    blocks.extend(places::blocks(report));
    blocks.extend(report.counted().filter(|finding| finding.location.is_none()).map(finding));
    blocks.join("\n\n") + "\n"
}

fn heading(report: &Report) -> String {
    let outcome = &report.outcome;
    let took = human_duration(report.duration_ms);
    let (command, summary) = (escaped(&report.command), escaped(&outcome.summary));
    format!("## pgrefit {command}: {}\n\n{summary} ({took}, exit code {})", outcome.status, outcome.exit_code)
}

fn failure(failure: &Failure) -> String {
    let mut lines = vec![format!("**error:** {}", escaped(&failure.message))];
    lines.extend(failure.causes.iter().map(|cause| format!("caused by: {}", escaped(cause))));
    lines.extend(failure.location.as_ref().map(|location| {
        let file = escaped(&location.file);
        format!("at {file}:{}:{}\n\n{}", location.line, location.column, excerpt(location))
    }));
    lines.extend(failure.sqlstate.as_ref().map(|sqlstate| format!("SQLSTATE {}", escaped(sqlstate))));
    lines.extend(failure.hint.as_ref().map(|hint| format!("**hint:** {}", escaped(hint))));
    lines.join("\n\n")
}

fn table(table: &Table) -> String {
    let rows = table.rows.iter().map(|row| row.iter().map(|cell| escaped(&phrase::value(cell))).collect());
    let body = if table.rows.is_empty() { "none".to_owned() } else { grid(&table.columns, rows) };
    format!("### {}\n\n{body}", escaped(&table.title))
}

fn grid(columns: &[Column], rows: impl Iterator<Item = Vec<String>>) -> String {
    let titles = columns.iter().map(|column| escaped(&phrase::heading(column)));
    let rule = columns.iter().map(|column| match column.align {
        Align::Left => "---".to_owned(),
        Align::Right => "---:".to_owned(),
    });
    let head = [titles.collect::<Vec<_>>(), rule.collect()];
    let lines = head.into_iter().chain(rows).map(|cells| format!("| {} |", cells.join(" | ")));
    lines.collect::<Vec<_>>().join("\n")
}

fn finding(finding: &Finding) -> String {
    let object = finding.object.as_ref().map_or_else(String::new, |object| format!(" {}", escaped(object)));
    let check = escaped(&finding.check);
    let mut lines = vec![format!("**{}**{object} ({check}): {}", finding.status, escaped(&finding.message))];
    lines.extend(cure(finding));
    lines.join("\n\n")
}

/// What to do about a finding: in words, in SQL.
fn cure(finding: &Finding) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(finding.hint.as_ref().map(|hint| format!("**hint:** {}", escaped(hint))));
    lines.extend(finding.remediation.as_ref().map(|remediation| {
        format!("**fix:** {}\n\n{}", escaped(&phrase::price(remediation)), fenced(&remediation.sql))
    }));
    lines
}

/// The lines of a place, and a mark if there are more.
fn excerpt(location: &Location) -> String {
    let lines = location.lines();
    let last = usize::try_from(location.line).unwrap_or(usize::MAX).saturating_add(lines.len() - 1);
    let is_cut = usize::try_from(location.end().0).is_ok_and(|end| end > last);
    fenced(&format!("{}{}", lines.join("\n"), if is_cut { "\n…" } else { "" }))
}

/// Text that Markdown shows as it is: on one line, with every character that could mean something escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in printable::line(text).chars() {
        if r"\`*_[]<>|#~&$".contains(character) {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

/// A SQL block, fenced with more backticks than stand anywhere within it.
pub(crate) fn fenced(sql: &str) -> String {
    let body = printable::lines(sql).collect::<Vec<_>>().join("\n");
    let longest = body.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sql\n{body}\n{fence}")
}

#[cfg(test)]
mod tests;
