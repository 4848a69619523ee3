//! One finding at its place in a file, and the list of those that do not count.

use super::cure;
use super::markup::{badge, escaped, escaped_lines};
use super::values::measured;
use crate::text::plain_snippet;
use crate::{Finding, Label, Location, Report, phrase};

/// A finding with the lines it is about, as a compiler shows them.
pub(super) fn at_its_place(finding: &Finding, location: &Location, with_message: bool) -> String {
    let mut html = "<li class=\"row place\">\n".to_owned();
    if with_message {
        html += &format!("<p class=\"message\">{}</p>\n", escaped_lines(&phrase::message(finding)));
    }
    html += &excerpt(location, finding.caret.as_deref(), &finding.labels);
    if let Some(object) = phrase::unnamed_object(finding) {
        html += &format!("<p class=\"about\"><code class=\"object\">{}</code></p>\n", escaped(object));
    }
    html += &numbers(finding);
    if let Some(hint) = &finding.hint {
        html += &format!("<p class=\"hint\">{}</p>\n", escaped_lines(hint));
    }
    if let Some(remediation) = &finding.remediation {
        html += &cure::one(remediation, remediation.sql.trim_end());
    }
    html + "</li>\n"
}

/// The numbers behind a judgement, in a line.
fn numbers(finding: &Finding) -> String {
    if finding.numbers.is_empty() {
        return String::new();
    }
    let pairs: String = finding
        .numbers
        .iter()
        .map(|(key, cell)| {
            let name = escaped(&phrase::number_name(key, cell));
            format!("<div><dt>{name}</dt><dd>{}</dd></div>", measured(cell))
        })
        .collect();
    format!("<dl class=\"numbers\">{pairs}</dl>\n")
}

/// The lines of a place, with their numbers and a mark below what is meant.
pub(super) fn excerpt(location: &Location, caret: Option<&str>, labels: &[Label]) -> String {
    let text = plain_snippet(location, caret, labels);
    let name = escaped(&format!("{}, line {}", phrase::path(&location.file), location.line));
    format!("<pre class=\"excerpt\" tabindex=\"0\" aria-label=\"{name}\">{}</pre>\n", escaped_lines(&text))
}

/// What does not count, and why, folded.
pub(super) fn suppressed(report: &Report) -> String {
    let told: Vec<&Finding> = report.findings.iter().filter(|it| it.suppressed.is_some()).collect();
    if told.is_empty() {
        return String::new();
    }
    let line = |finding: &&Finding| {
        let place = finding.location.as_ref().map(|it| format!("{}:{}", phrase::path(&it.file), it.line));
        let object = finding.object.clone().or(place).unwrap_or_default();
        format!(
            "<li>{} <code class=\"object\">{}</code> {} <q>{}</q></li>\n",
            badge(finding.status),
            escaped(&object),
            escaped(&finding.check),
            escaped(finding.suppressed.as_deref().unwrap_or_default())
        )
    };
    let lines: String = told.iter().map(line).collect();
    format!(
        "<section class=\"suppressed\">\n<h2>Not counted, for a reason</h2>\n<details><summary>{}</summary>\n<ul>\n{lines}</ul>\n</details>\n</section>\n",
        crate::counted(told.len(), "finding")
    )
}
