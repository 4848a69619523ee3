//! One finding at its place in a file, and the list of those that do not count.

use super::cure;
use super::markup::{badge, each, escaped, escaped_lines, given, pairs, paragraph};
use super::values::measured;
use crate::text::plain_snippet;
use crate::{Finding, Label, Location, Report, phrase};

/// A finding with the lines it is about, as a compiler shows them.
pub(super) fn at_its_place(finding: &Finding, location: &Location, with_message: bool) -> String {
    let message = with_message.then(|| phrase::message(finding));
    let parts = [
        given(message, |message| paragraph("message", &message)),
        excerpt(location, finding.caret.as_deref(), &finding.labels),
        given(phrase::unnamed_object(finding), |object| {
            format!("<p class=\"about\"><code class=\"object\">{}</code></p>\n", escaped(object))
        }),
        numbers(finding),
        given(finding.hint.as_deref(), |hint| paragraph("hint", hint)),
        given(finding.remediation.as_ref(), |cure| cure::one(cure, cure.sql.trim_end())),
    ];
    format!("<li class=\"row place\">\n{}</li>\n", parts.concat())
}

/// The numbers behind a judgement, in a line.
fn numbers(finding: &Finding) -> String {
    let named = finding.numbers.iter();
    pairs("numbers", named.map(|(key, cell)| (escaped(&phrase::number_name(key, cell)), measured(cell))))
}

/// The lines of a place, with their numbers and a mark below what is meant.
pub(super) fn excerpt(location: &Location, caret: Option<&str>, labels: &[Label]) -> String {
    let text = plain_snippet(location, caret, labels);
    let name = escaped(&format!("{}, line {}", phrase::path(&location.file), location.line));
    format!("<pre class=\"excerpt\" tabindex=\"0\" aria-label=\"{name}\">{}</pre>\n", escaped_lines(&text))
}

/// What does not count, and why, folded.
pub(crate) fn suppressed(report: &Report) -> String {
    let told: Vec<&Finding> = report.findings.iter().filter(|it| it.suppressed.is_some()).collect();
    if told.is_empty() {
        return String::new();
    }
    let line = |finding: &&Finding| -> String {
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
    let lines = each(&told, line);
    format!(
        "<section class=\"suppressed\">\n<h2>Not counted, for a reason</h2>\n<details><summary>{}</summary>\n<ul>\n{lines}</ul>\n</details>\n</section>\n",
        crate::counted(told.len(), "finding")
    )
}
