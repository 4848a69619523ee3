//! The form for a job of GitHub Actions: workflow commands, which become annotations in the diff of a pull request.
//!
//! One line is one annotation. The runner reads a line that begins with `::` as a command, so nothing of a file or a
//! server may begin one: data is escaped as the runner's documentation says, and so cannot hold a line break.

use crate::{Finding, Location, Report, Status, phrase, printable};

/// The whole report as workflow commands, and the outcome as a line for the log.
#[must_use]
pub fn render_github(report: &Report) -> String {
    let mut lines: Vec<String> = report.counted().filter_map(finding).collect();
    if let Some(error) = &report.outcome.error {
        let title = format!("pgrefit {}", report.command);
        lines.push(command("error", error.location.as_ref(), &title, &phrase::explanation(error)));
    }
    let outcome = &report.outcome;
    let summary = format!("pgrefit {}: {}: {}", report.command, outcome.status, outcome.summary);
    // The older form of a command, `##[error]`, is looked for anywhere in a line.
    lines.push(printable::line(&summary).replace("##[", "## ["));
    lines.join("\n") + "\n"
}

fn finding(finding: &Finding) -> Option<String> {
    let level = match finding.status {
        Status::Skip | Status::Pass => return None,
        Status::Info => "notice",
        Status::Warn => "warning",
        Status::Blind | Status::Fail | Status::Error => "error",
    };
    let title = match &finding.object {
        Some(object) => format!("{}: {object}", finding.check),
        None => finding.check.clone(),
    };
    Some(command(level, finding.location.as_ref(), &title, &phrase::advice(finding)))
}

fn command(level: &str, location: Option<&Location>, title: &str, message: &str) -> String {
    let place = location.map_or_else(String::new, place);
    format!("::{level} {place}title={}::{}", property(title), data(message))
}

/// `file=…,line=…,endLine=…,`, and the column if all is on one line, as the runner wants it.
fn place(location: &Location) -> String {
    let file = property(phrase::path(&location.file));
    let Location { line, column, .. } = location;
    let (end_line, _) = location.end();
    let column = if end_line == *line { format!("col={column},") } else { String::new() };
    format!("file={file},line={line},endLine={end_line},{column}")
}

/// The text behind `::`, in which line breaks are escaped and other control characters shown.
fn data(text: &str) -> String {
    let lines: Vec<String> = printable::lines(text).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// The value of a property, which also ends at a comma or a colon.
fn property(text: &str) -> String {
    printable::line(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests;
